#include "driver.h"

enum { P = ISINGRG_MLRG_PUBLISHED };

static const double delta[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const int32_t permutations[6] = {1, 2, 0, 1, 0, 2};

static isingrg_internal_symmetry potts(void)
{
    return (isingrg_internal_symmetry){
        .q = 3, .n_kernels = 1, .kernels = delta, .n_generators = 2, .generators = permutations};
}

static void test_groups(void)
{
    isingrg_internal_symmetry group = potts();
    int32_t couplings[24], count = 0;
    ACCEPT(isingrg_mlrg_state_couplings(&group, "A1", P, couplings, 3, &count));
    REQUIRE(count == 1 && couplings[0] == 0 && couplings[1] == 0 && couplings[2] == 0);
    ACCEPT(isingrg_mlrg_state_couplings(&group, "P4", ISINGRG_MLRG_CONSISTENT, NULL, 0, &count));
    REQUIRE(count == 8);
    REFUSE("symmetry", isingrg_mlrg_state_couplings(NULL, "A1", P, couplings, 3, &count));
    REFUSE("representation", isingrg_mlrg_state_couplings(&group, NULL, P, couplings, 3, &count));
    REFUSE("sign", isingrg_mlrg_state_couplings(&group, "E", P, couplings, 3, &count));
    REFUSE("frame", isingrg_mlrg_state_couplings(&group, "A1", 9, couplings, 3, &count));
    REFUSE("capacity", isingrg_mlrg_state_couplings(&group, "A1", P, couplings, 2, &count));
    REFUSE("couplings", isingrg_mlrg_state_couplings(&group, "A1", P, NULL, 3, &count));
    REFUSE("count", isingrg_mlrg_state_couplings(&group, "A1", P, couplings, 3, NULL));
#define REFUSE_GROUP(words, change) \
    do { \
        isingrg_internal_symmetry wrong = potts(); \
        wrong.change; \
        REFUSE(words, isingrg_mlrg_state_couplings(&wrong, "A1", P, couplings, 3, &count)); \
    } while (0)
    REFUSE_GROUP("q", q = 1);
    REFUSE_GROUP("q", q = 11);
    REFUSE_GROUP("n_kernels", n_kernels = 0);
    REFUSE_GROUP("n_kernels", n_kernels = INT32_MAX);
    REFUSE_GROUP("kernels", kernels = NULL);
    REFUSE_GROUP("n_generators", n_generators = 0);
    REFUSE_GROUP("n_generators", n_generators = INT32_MAX);
    REFUSE_GROUP("generators", generators = NULL);
    static const int32_t twice[6] = {1, 1, 0, 1, 0, 2}, part[3] = {1, 0, 2};
    REFUSE_GROUP("permutations", generators = twice);
    isingrg_internal_symmetry wrong = potts();
    wrong.n_generators = 1, wrong.generators = part;
    REFUSE("exchange", isingrg_mlrg_state_couplings(&wrong, "A1", P, couplings, 3, &count));
    static const double uneven[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1}, nan[9] = {NAN};
    REFUSE_GROUP("invariant", kernels = uneven);
    REFUSE_GROUP("kernels", kernels = nan);
}

static void test_results(void)
{
    isingrg_internal_symmetry group = potts();
    double J[2] = {1, 1.5}, wrong[2] = {1, NAN}, large[2] = {1, 8.5};
    double kl[2], out[2], products[2], norm[2], counts[4], logarithms[2 * 81];
#define DIVERGENCE(teacher, student, directions, n, kl, slope, products, function) \
    isingrg_mlrg_state_divergence( \
        &group, "A1", P, teacher, student, directions, n, kl, slope, products, function, NULL)
    ACCEPT(DIVERGENCE(J, J, NULL, 2, kl, out, NULL, NULL));
    REQUIRE(kl[0] > 0 && out[0] > 0);
    ACCEPT(DIVERGENCE(J, J, J, 2, kl, NULL, products, NULL));
    REQUIRE(products[0] > 0);
    REFUSE("teacher", DIVERGENCE(wrong, J, NULL, 2, kl, NULL, NULL, NULL));
    REFUSE("student", DIVERGENCE(J, NULL, NULL, 2, kl, NULL, NULL, NULL));
    REFUSE("directions", DIVERGENCE(J, J, wrong, 2, kl, NULL, products, NULL));
    REFUSE("directions", DIVERGENCE(J, J, NULL, 2, kl, NULL, products, NULL));
    REFUSE("products", DIVERGENCE(J, J, J, 2, kl, NULL, NULL, NULL));
    REFUSE("divergence", DIVERGENCE(J, J, NULL, 2, NULL, NULL, NULL, NULL));
    REFUSE("n", DIVERGENCE(J, J, NULL, -1, kl, NULL, NULL, NULL));
    INTERRUPT(DIVERGENCE(J, J, NULL, 2, kl, NULL, NULL, stop));
#define MAP(J, n, starts, out, function) \
    isingrg_mlrg_state_exact_map( \
        &group, "A1", P, J, n, starts, 1, out, kl, norm, counts, function, NULL)
    ACCEPT(MAP(J, 2, 2, out, NULL));
    REQUIRE(fabs(out[0] - 0.8689127652707) < 1e-11 && norm[0] < 1e-9 && counts[1] >= 1);
    REFUSE("couplings", MAP(large, 2, 2, out, NULL));
    REFUSE("couplings", MAP(NULL, 2, 2, out, NULL));
    REFUSE("starts", MAP(J, 2, 0, out, NULL));
    REFUSE("renormalized", MAP(J, 2, 2, NULL, NULL));
    INTERRUPT(MAP(J, 2, 2, out, stop));
#define TENSOR(machine, J, count, function) \
    isingrg_mlrg_state_tensor(&group, "A1", P, machine, J, 2, logarithms, count, function, NULL)
    ACCEPT(TENSOR(ISINGRG_MLRG_STUDENT, J, 162, NULL));
    REQUIRE(fabs(logarithms[0] - log(exp(4) + 2)) < 1e-14);
    REFUSE("logarithms", TENSOR(ISINGRG_MLRG_STUDENT, J, 161, NULL));
    REFUSE("machine", TENSOR(7, J, 162, NULL));
    REFUSE("couplings", TENSOR(ISINGRG_MLRG_STUDENT, wrong, 162, NULL));
    INTERRUPT(TENSOR(ISINGRG_MLRG_TEACHER, J, 162, stop));
    REQUIRE(isingrg_mlrg_state_divergence(
        &group, "5A1", P, J, J, NULL, 0, kl, NULL, NULL, NULL, NULL) == ISINGRG_OUT_OF_MEMORY);
}

static void test_model(void)
{
    static const int32_t hidden[1] = {4};
    isingrg_internal_symmetry group = potts();
    isingrg_mlrg_config config = {.representation = "A1", .n_hidden = 1, .hidden = hidden};
    config.symmetry = &group;
    config.n_symmetries = 1;
    isingrg_model *model = NULL;
    ACCEPT(isingrg_mlrg_create(&config, &model));
    train_mlrg(model);
    ACCEPT(isingrg_model_destroy(model));
    config.symmetric = 1;
    REFUSE("symmetric", isingrg_mlrg_create(&config, &model));
    config.symmetric = 0, config.divergence = ISINGRG_MLRG_CD;
    REFUSE("divergence", isingrg_mlrg_create(&config, &model));
    config.divergence = ISINGRG_MLRG_KL, config.scheme = ISINGRG_MLRG_LOOP;
    REFUSE("loop", isingrg_mlrg_create(&config, &model));
    config.scheme = ISINGRG_MLRG_STAR, group.q = 0;
    REFUSE("q", isingrg_mlrg_create(&config, &model));
}

void test_states(void)
{
    test_groups();
    test_results();
    test_model();
}

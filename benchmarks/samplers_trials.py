"""What was tried to make the multilevel sampler better, beside larger fields: see docs/samplers.md."""

import time

import numpy as np

from isingrg import ising, multilevel

KC = ising.K_CRITICAL


def weighed_share(log_weights):
    """The effective sample size divided by the number of samples."""
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


def tempering(L):
    """A sampler of K = 0.43 whose samples are carried to K_c by so many sweeps: the effective share."""
    with multilevel.MultilevelSampler(L, 0.43) as model:
        start = time.process_time()
        model.fit(8, 16384, seed=1)
        training = time.process_time() - start
        spins, _ = model.sample_with_log_prob(4096, seed=77)
        first = np.asarray(model.log_weights(spins))
        shares = {"0": weighed_share(np.asarray(model.log_weights(spins, K=KC)))}
    for sweeps in (4, 16, 64, 256):
        _, work = multilevel.anneal(spins, np.linspace(0.43, KC, sweeps + 1), seed=3)
        shares[str(sweeps)] = weighed_share(first + work)
    return {"K": 0.43, "training": training, "at K": weighed_share(first), "shares": shares}


def redrawing(L):
    """Annealed importance sampling from q to the target p along q (p / q)^t: between the steps of t all
    spins below a spacing are drawn anew, of L/2, L/4, L/8 and L/16 sites across in turn, and kept with
    the probability min(1, (w' / w)^t). The effective share by the number of these redraws."""
    with multilevel.MultilevelSampler(L) as model:
        model.fit(8, 16384, seed=1)
        first, _ = model.sample_with_log_prob({64: 4096, 128: 1024}[L], seed=77)
        shares = {"0": weighed_share(np.asarray(model.log_weights(first)))}
        for redraws in (1, 4, 16, 64):
            random = np.random.default_rng(redraws)
            spins, work = first, np.zeros(len(first))
            log_weights = np.asarray(model.log_weights(spins))
            for k in range(redraws + 1):
                work += log_weights / (redraws + 1)
                if k == redraws:
                    break
                step = 2 << k % 4
                drawn, _ = model.refine(spins[:, ::step, ::step], seed=int(random.integers(2**63)))
                others = np.asarray(model.log_weights(drawn))
                t = (k + 1) / (redraws + 1)
                kept = random.standard_exponential(len(work)) > t * (log_weights - others)
                spins = np.where(kept[:, None, None], drawn, spins)
                log_weights = np.where(kept, others, log_weights)
            shares[str(redraws)] = weighed_share(work)
    return {"shares": shares}


def second_class(L):
    """How much there is to gain if the last even colour of eight of B, at spacing 1, had its exact field: all spins
    drawn before separate its sites from each other. To flip one changes ln w by twice the error of its
    field, as whatever is drawn later is exact. Half the squared error bounds the divergence of a spin."""
    with multilevel.MultilevelSampler(L, quintuples=12, colours=8) as model:
        start = time.process_time()
        model.fit(10, seed=0)
        training = time.process_time() - start
        spins = ising.sample(L, KC, 30, n_chains=64, n_between=3, seed=9).reshape(-1, L, L)
        flipped = spins.copy()
        flipped[:, 3, 7] *= -1
        errors = (np.asarray(model.log_weights(flipped)) - np.asarray(model.log_weights(spins))) / 2
        bound = model.free_energy(65536, seed=2**32)
    return {
        "training": training,
        "of the class": L**2 / 32 * float((errors**2).mean()) / 2,
        "divergence": bound.value + float(ising.log_partition(L, KC)),
    }

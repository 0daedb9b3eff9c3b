"""The header, the Swift declarations, the built library and the extension say the same."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import isingrg

PACKAGE = Path(isingrg.__file__).parent
LIBRARY = PACKAGE / "libisingrg.so"
EXTENSION = PACKAGE / "_core.abi3.so"
ROOT = Path(__file__).resolve().parents[3]
HEADER = ROOT / "Sources" / "CIsingRG" / "include" / "isingrg.h"

SYSTEM_LIBRARIES = {
    "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
}  # fmt: skip


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def exported(path):
    """Symbols of the dynamic table that other objects can bind to."""
    fields = [line.split() for line in run("readelf", "--dyn-syms", "--wide", path).splitlines()]
    return {
        field[7].split("@")[0]
        for field in fields
        if len(field) >= 8 and field[4] in ("GLOBAL", "WEAK") and field[6] != "UND"
    }


def dynamic(path, tag):
    """Values of one kind in the dynamic section."""
    return re.findall(rf"\({tag}\).*\[(.*)\]", run("readelf", "--dynamic", "--wide", path))


@pytest.fixture(scope="module")
def declared():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    names = re.findall(r"ISINGRG_API[^;(]*?\b(isingrg_\w+)\(", text)
    assert len(names) == len(set(names)) >= 30
    return set(names)


def test_library_exports_the_header_and_nothing_else(declared):
    assert exported(LIBRARY) == declared


def test_swift_declares_the_header_and_nothing_else(declared):
    sources = (ROOT / "Sources" / "IsingRGExports").glob("*.swift")
    text = "\n".join(source.read_text() for source in sources)
    names = re.findall(r'@_cdecl\("(\w+)"\)\s+public func (\w+)\(', text)
    assert all(symbol == function for symbol, function in names)
    assert len(names) == text.count("@_cdecl")
    assert {symbol for symbol, _ in names} == declared


def test_extension_uses_the_whole_header(declared):
    undefined = run("nm", "--dynamic", "--undefined-only", EXTENSION)
    assert set(re.findall(r"\b(isingrg_\w+)", undefined)) == declared


def test_extension_declares_what_its_stub_declares():
    stub = (PACKAGE / "_core.pyi").read_text()
    functions = set(re.findall(r"^def (\w+)\(", stub, re.M))
    constants = set(re.findall(r"^([A-Z_]+): int$", stub, re.M))
    assert functions | constants == {name for name in dir(isingrg._core) if name[0] != "_"}
    header = HEADER.read_text()
    for name in constants:
        assert getattr(isingrg._core, name) == int(
            re.search(rf"\bISINGRG_{name} = (\d+)", header).group(1)
        )


def test_extension_exports_its_initialiser_only():
    assert exported(EXTENSION) == {"PyInit__core"}


def test_needed_libraries():
    assert set(dynamic(LIBRARY, "NEEDED")) <= SYSTEM_LIBRARIES
    assert set(dynamic(EXTENSION, "NEEDED")) <= {
        *SYSTEM_LIBRARIES,
        "libisingrg.so",
        "libpthread.so.0",
    }
    assert "libisingrg.so" in dynamic(EXTENSION, "NEEDED")
    assert dynamic(LIBRARY, "SONAME") == ["libisingrg.so"]


def test_no_path_of_the_build_machine():
    for tag in ("RUNPATH", "RPATH"):
        assert dynamic(LIBRARY, tag) == []
    assert dynamic(EXTENSION, "RUNPATH") == ["$ORIGIN"]
    assert dynamic(EXTENSION, "RPATH") == []
    swift = Path(shutil.which("swift") or "/opt/swift/usr/bin/swift").parent.parent
    for path in (LIBRARY, EXTENSION):
        content = path.read_bytes()
        assert str(ROOT).encode() not in content
        assert str(swift / "lib").encode() not in content


CLIENT = r"""
#include <isingrg.h>
#include <stdio.h>
#include <string.h>

static int32_t report(void *calls, uint64_t done, uint64_t total)
{
    ++*(int *)calls;
    return done > total;
}

static int32_t stop(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return 1;
}

#define REQUIRE(condition) \
    if (!(condition)) return printf("%s: %s\n", #condition, isingrg_last_error()), 1

int main(void)
{
    static int8_t spins[2 * 3 * 16 * 16];
    double couplings[2] = {0.2, 5.0}, energies[6], log_partition;
    int calls = 0;

    REQUIRE(isingrg_abi_version() == ISINGRG_ABI_VERSION);
    REQUIRE(strchr(isingrg_version(), '.') != NULL);
    REQUIRE(strlen(isingrg_instruction_set()) > 0);
    REQUIRE(strcmp(isingrg_last_error(), "") == 0);
    REQUIRE(isingrg_set_num_threads(2) == ISINGRG_OK && isingrg_get_num_threads() == 2);

    REQUIRE(isingrg_ising_sample(
        16, couplings, 2, 1, 3, -1, -1, ISINGRG_WOLFF, 7, spins, sizeof spins, report, &calls)
        == ISINGRG_OK);
    REQUIRE(calls >= 1);
    REQUIRE(isingrg_ising_energy(spins, 6, 16, energies) == ISINGRG_OK);
    REQUIRE(energies[0] > -300 && energies[5] == -512);
    REQUIRE(isingrg_ising_exact_torus(16, couplings, 1, &log_partition, NULL, NULL) == ISINGRG_OK);
    REQUIRE(log_partition > 16 * 16 * 0.69);

    REQUIRE(isingrg_ising_sample(
        16, couplings, 2, 1, 3, (int64_t)1 << 40, -1, ISINGRG_WOLFF, 7, spins, sizeof spins, stop,
        NULL) == ISINGRG_INTERRUPTED);
    REQUIRE(isingrg_ising_sample(
        15, couplings, 2, 1, 3, -1, -1, ISINGRG_WOLFF, 7, spins, sizeof spins, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(strstr(isingrg_last_error(), "even") != NULL);
    REQUIRE(isingrg_ising_sample(
        16, couplings, 2, 1, 3, -1, -1, ISINGRG_WOLFF, 7, spins, 5, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_ising_energy(NULL, 6, 16, energies) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_set_num_threads(0) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_mlrg_destroy(NULL) == ISINGRG_CLOSED);

    double x[3 * 16], z[3 * 16], out[3], determinants[3], history[2 * ISINGRG_NEURALRG_COLUMNS];
    uint64_t done = 0;
    int32_t hidden[2] = {4, 300};
    isingrg_neuralrg_config config = {
        4, 0.3, ISINGRG_MERA, 0, 1, 2, 1, hidden, 1, NULL, 0, 7};
    isingrg_neuralrg *flow = NULL;
    REQUIRE(isingrg_neuralrg_create(NULL, &flow) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_create(&config, NULL) == ISINGRG_INVALID_ARGUMENT);
    config.n_hidden = 2;
    REQUIRE(isingrg_neuralrg_create(&config, &flow) == ISINGRG_INVALID_ARGUMENT);
    config.n_hidden = 1;
    config.size = INT64_MAX;
    REQUIRE(isingrg_neuralrg_create(&config, &flow) == ISINGRG_INVALID_ARGUMENT);
    config.size = 4;
    REQUIRE(isingrg_neuralrg_create(&config, &flow) == ISINGRG_OK);
    REQUIRE(isingrg_neuralrg_fit(flow, 2, 8, 1e-3, 0, 1, history, 4, &done, NULL, NULL)
        == ISINGRG_OK && done == 2 && history[ISINGRG_NEURALRG_STANDARD_ERROR] > 0);
    REQUIRE(isingrg_neuralrg_fit(flow, 2, 8, 1e-3, 0, 1, NULL, 4, &done, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_fit(flow, UINT64_MAX, 8, 1e-3, 0, 1, history, 4, &done, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_sample(flow, 3, 5, x, NULL, NULL, NULL, NULL) == ISINGRG_OK);
    REQUIRE(isingrg_neuralrg_sample(flow, 3, 5, NULL, z, NULL, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_sample(flow, -1, 5, x, z, NULL, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_sample(flow, INT64_MAX, 5, x, z, NULL, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_encode(flow, x, 3, 0, 4, z, determinants, NULL, NULL)
        == ISINGRG_OK);
    REQUIRE(isingrg_neuralrg_encode(flow, x, 3, 0, 4, z, NULL, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_log_probability(flow, x, 0, out, NULL, NULL) == ISINGRG_OK);
    REQUIRE(isingrg_neuralrg_log_density(4, 0.3, x, 3, NULL, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_layer_sites(flow, 0, NULL, 16) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_latent_scales(flow, hidden, 2) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_array_info(flow, 0, (char *)x, 3, (int64_t *)z)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_neuralrg_destroy(flow) == ISINGRG_OK);
    REQUIRE(isingrg_neuralrg_destroy(flow) == ISINGRG_CLOSED);
    REQUIRE(isingrg_neuralrg_step(flow, &done) == ISINGRG_CLOSED);

    double terms[2 * ISINGRG_GRAPHVAE_COLUMNS], mu[24], variances[24], decoded[256];
    isingrg_graphvae_config settings = {
        16, 4, 8, 4, 3, ISINGRG_MSE, ISINGRG_DECODER_MLP, ISINGRG_REPRESENTATION_MU, 0.1, 0.5, 0, 7
    };
    isingrg_graphvae *model = NULL;
    REQUIRE(isingrg_graphvae_create(NULL, &model) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_create(&settings, NULL) == ISINGRG_INVALID_ARGUMENT);
    settings.size = INT64_MIN;
    REQUIRE(isingrg_graphvae_create(&settings, &model) == ISINGRG_INVALID_ARGUMENT);
    settings.size = 16;
    settings.hidden = INT32_MAX;
    REQUIRE(isingrg_graphvae_create(&settings, &model) == ISINGRG_INVALID_ARGUMENT);
    settings.hidden = 8;
    REQUIRE(isingrg_graphvae_create(&settings, &model) == ISINGRG_OK);
    REQUIRE(isingrg_graphvae_fit(
        model, spins, 6, 2, 4, 1e-3, 0, 1, terms, 8, &done, NULL, NULL) == ISINGRG_OK && done == 2);
    REQUIRE(terms[ISINGRG_GRAPHVAE_RECONSTRUCTION] > 0);
    REQUIRE(isingrg_graphvae_fit(
        model, spins, 6, 2, 4, 1e-3, 0, 1, terms, 7, &done, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_fit(
        model, NULL, 6, 2, 4, 1e-3, 0, 1, terms, 8, &done, NULL, NULL) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_fit(model, spins, INT64_MAX, UINT64_MAX, 4, 1e-3, 0, 1, terms, 8,
        &done, NULL, NULL) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_encode(model, spins, 2, 16, mu, variances, NULL, NULL) == ISINGRG_OK);
    REQUIRE(isingrg_graphvae_encode(model, spins, 2, 14, mu, variances, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_encode(model, spins, -1, 16, mu, variances, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_encode(model, spins, 2, 16, mu, NULL, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_decode(model, mu, 1, decoded, NULL, NULL) == ISINGRG_OK);
    REQUIRE(isingrg_graphvae_decode(model, mu, 1, NULL, NULL, NULL) == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_loss(model, spins, 0, 1, terms, NULL, NULL)
        == ISINGRG_INVALID_ARGUMENT);
    REQUIRE(isingrg_graphvae_loss(model, spins, 6, 1, terms, NULL, NULL) == ISINGRG_OK);
    REQUIRE(isingrg_graphvae_destroy(model) == ISINGRG_OK);
    REQUIRE(isingrg_graphvae_epoch(model, &done) == ISINGRG_CLOSED);
    return 0;
}
"""


@pytest.mark.parametrize("language", [["-xc", "-std=c99"], ["-xc++", "-std=c++11"]])
def test_header_stands_alone(language, tmp_path):
    source = tmp_path / "header.c"
    source.write_text("#include <isingrg.h>\n")
    run("gcc", *language, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only",
        f"-I{HEADER.parent}", source)  # fmt: skip


def test_c_program(tmp_path):
    source, program = tmp_path / "client.c", tmp_path / "client"
    source.write_text(CLIENT)
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, f"-I{HEADER.parent}",
        f"-L{PACKAGE}", "-lisingrg", f"-Wl,-rpath,{PACKAGE}", "-o", program)  # fmt: skip
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")

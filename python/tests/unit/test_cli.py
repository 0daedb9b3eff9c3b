"""The command line: results, one-line errors, exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import isingrg
from isingrg import cli, ising, mlrg, statistics
from isingrg.cli import _demonstration, _notebook, _tables
from isingrg.mlrg import _survey


@pytest.fixture
def run(capsys):
    """Runs a command in this process: (exit code, output, errors)."""

    def command(*arguments):
        threads = isingrg.get_num_threads()
        code = cli.main([str(argument) for argument in arguments])
        isingrg.set_num_threads(threads)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def quick(monkeypatch):
    """Models of few steps, so that a command takes no time."""
    for key, training in mlrg.settings.DEFAULT_TRAININGS.items():
        monkeypatch.setitem(
            mlrg.settings.DEFAULT_TRAININGS, key, training.changed(steps=400, cd_samples=64)
        )


# info


def test_info(run):
    code, out, err = run("info")
    assert (code, err) == (0, "")
    assert re.search(rf"^isingrg +{re.escape(isingrg.__version__)}$", out, re.MULTILINE)
    facts = json.loads(run("info", "--json")[1])
    assert facts["instruction set"] == isingrg.instruction_set()
    assert facts["numpy"] == np.__version__
    assert json.loads(run("info", "--json", "--threads", 1)[1])["threads"] == 1


def test_extras_are_found_or_named(run, monkeypatch):
    monkeypatch.setitem(_tables.EXTRAS, "plot", ("numpy", "a-package-that-nobody-has"))
    extras = json.loads(run("info", "--json")[1])["extras"]
    assert extras["plot"] == {"numpy": np.__version__, "a-package-that-nobody-has": None}
    advice = rf"^  plot +numpy {re.escape(np.__version__)}, without a-package-that-nobody-has: "
    assert re.search(advice + r"pip install 'isingrg\[plot\]'$", run("info")[1], re.MULTILINE)


def test_extras_are_those_of_the_project():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    for extra, packages in _tables.EXTRAS.items():
        listed = project["project"]["optional-dependencies"][extra]
        listed = [line for line in listed if not line.startswith("isingrg[")]
        names = {name for line in listed for name in re.findall(r"[A-Za-z][\w-]+", line)}
        assert set(packages) == names


# Completion


def test_completion_in_bash(run, tmp_path):
    pytest.importorskip("shtab")
    code, script, err = run("--print-completion", "bash")
    assert (code, err) == (0, "")
    (tmp_path / "completion").write_text(script)

    def complete(*words):
        line = f"COMP_WORDS=(isingrg {' '.join(words)}); COMP_CWORD={len(words)}"
        show = 'printf "%s\\n" "${COMPREPLY[@]}"'
        command = f"source completion; {line}; _shtab_isingrg; {show}"
        return subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.split()

    assert complete("cr") == ["critical-point"]
    assert complete("critical-point", "--div") == ["--divergence"]
    assert complete("critical-point", "--divergence", "''") == ["kl", "cd", "l2"]
    assert complete("sample", "--output", "com") == ["completion"]


def test_completion_without_shtab(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, out, err = run("--print-completion", "zsh")
    assert (code, out) == (1, "")
    assert "pip install 'isingrg[completion]'" in err


# sample


def test_sample(run, tmp_path):
    path = tmp_path / "data.npz"
    arguments = ["sample", "--size", 8, "--coupling", 0.3, 0.5, "--samples", 6, "--chains", 2]
    arguments += ["--algorithm", "metropolis", "--between", 3, "--seed", 7, "--output", path]
    code, out, err = run(*arguments, "--quiet")
    assert (code, err) == (0, "")
    assert str(path) in out
    with np.load(path) as data:
        expected = ising.sample(
            8, [0.3, 0.5], 6, n_chains=2, algorithm="metropolis", n_between=3, seed=7
        )
        np.testing.assert_array_equal(data["spins"], expected)
        assert data["spins"].dtype == np.int8
        assert data["K"].tolist() == [0.3, 0.5]
        assert (data["L"], data["seed"], data["n_between"].tolist()) == (8, 7, [3, 3])
        plan = ising.sampling_plan(8, [0.3, 0.5], algorithm="metropolis", n_chains=2)
        assert data["n_thermalize"].tolist() == plan.n_thermalize.tolist()
        assert data["algorithm"].tolist() == ["metropolis", "metropolis"]
        assert str(data["version"]) == isingrg.__version__
    summary = json.loads(run(*arguments, "--quiet", "--json")[1])
    assert summary["shape"] == [2, 2, 6, 8, 8]
    energy = np.asarray(ising.energy(expected)).mean(axis=(1, 2)) / 64
    np.testing.assert_allclose(summary["energy_per_site"], energy, rtol=1e-14)


def test_reference(run, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    path = tmp_path / "critical.nc"
    options = ["--size", 4, "--samples", 3, "--measurements", 2000, "--seed", 5, "--quiet"]
    code, out, err = run("reference", *options, "--output", path)
    assert (code, err) == (0, "") and out == f"{path}: L4\n"
    assert xarray.load_dataset(path, group="L4", engine="h5netcdf").spins.shape == (4, 3, 4, 4)
    said = json.loads(run("reference", *options, "--json", "--output", path)[1])
    assert said == {"output": str(path), "groups": ["L4"]}


def test_sample_says_which_algorithm_it_chose(run, tmp_path):
    path = tmp_path / "data.npz"
    arguments = ["sample", "--size", 16, "--coupling", 0.3, 0.44, "--samples", 3, "--output", path]
    code, out, _ = run(*arguments, "--quiet")
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines()[3:5]] == ["metropolis", "wolff"]
    with np.load(path) as data:
        assert data["algorithm"].tolist() == ["metropolis", "wolff"]
        assert data["n_thermalize"].tolist() == [60, 200]
        assert np.array_equal(data["spins"], ising.sample(16, [0.3, 0.44], 3))
    summary = json.loads(run(*arguments, "--quiet", "--json")[1])
    assert summary["algorithm"] == ["metropolis", "wolff"] and summary["n_between"] == [3, 5]


def test_sample_ends_with_a_line_on_what_was_done(run, tmp_path):
    err = run("sample", "--size", 8, "--samples", 2, "--output", tmp_path / "a.npz")[2]
    assert re.fullmatch(r"sampling: (\d+) of \1 sweeps in \d+\.\d s\n", err)


def test_sample_prints_errors_and_exact_values(run, tmp_path):
    path = tmp_path / "data.npz"
    command = ["sample", "--size", 6, "--coupling", 0.3, 0.6, -0.3, "--samples", 200, "--chains", 4]
    code, out, _ = run(*command, "--quiet", "--output", path)
    assert code == 0
    number = r"(-?\d+\.\d+)"
    measured = rf"{number} \+- {number}"
    row = rf"^ +{number} +{measured} +{number} +{measured} +{number}  [a-z-]+$"
    rows = re.findall(row, out, re.MULTILINE)
    assert [float(row[0]) for row in rows] == [0.3, 0.6, -0.3]
    with np.load(path) as data:
        spins = data["spins"]
    for row, configurations in zip(rows, spins, strict=True):
        K, energy, error, exact, spin, spin_error, bulk = map(float, row)
        found = statistics.mean_and_error(ising.energy(configurations) / 36)
        assert (energy, error) == pytest.approx(tuple(found), abs=1e-6)
        assert exact == pytest.approx(ising.mean_energy(6, K) / 36, abs=1e-6)
        assert abs(energy - exact) < 5 * error  # false alarms: 2 in a million
        found = statistics.mean_and_error(np.abs(ising.magnetization(configurations)))
        assert (spin, spin_error) == pytest.approx(tuple(found), abs=1e-6)
        assert bulk == pytest.approx(ising.spontaneous_magnetization(K), abs=1e-6)
    numbers = json.loads(run(*command, "--quiet", "--json", "--output", path)[1])
    assert numbers["energy_per_site_error"] == pytest.approx(
        [float(row[2]) for row in rows], abs=1e-6
    )
    assert numbers["exact_energy_per_site"][1] == ising.mean_energy(6, 0.6) / 36


@pytest.mark.parametrize(
    "options, reason, exact",
    [
        (["--samples", 20], "a chain needs at least 50 samples", "-1.491589"),
        (["--samples", 1], "at least two samples", "-1.491589"),
        (["--coupling", 200], "a series that never changes does not tell", "-"),
        (["--coupling", 20], "a series that never changes does not tell", "-2.000000"),
    ],
)
def test_sample_says_why_there_is_no_error(run, tmp_path, options, reason, exact):
    path = tmp_path / "a.npz"
    code, out, err = run("sample", "--size", 8, *options, "--quiet", "--output", path)
    assert (code, err) == (0, "")
    row, *reasons = out.splitlines()[3:]
    assert "+-" not in row and row.split()[2] == exact
    assert all(line.startswith("No error: ") for line in reasons) and reason in reasons[0]
    numbers = json.loads(run("sample", "--size", 8, *options, "--json", "--output", path)[1])
    assert numbers["energy_per_site_error"] == [None]
    assert (numbers["exact_energy_per_site"] == [None]) == (exact == "-")


# critical-point


def test_critical_point(run, quick):
    code, out, err = run("critical-point", "--models", 3, "--seed", 5, "--quiet")
    assert (code, err) == (0, "")
    lines = {line[:20].strip(): line[20:].split() for line in out.splitlines()}
    assert lines["exact RG map"] == ["0.813920", "1.85438", "0.09165", "0.8804"]
    assert lines["Ising model"] == ["0.764285", "-", "0.12500", "1.0000"]
    assert lines["Hou & You, median"] == ["0.825300", "-", "0.08480", "-"]
    by_hand = mlrg.MLRG("A1").fit(seed=6)
    assert lines["seed 6"][0] == f"{by_hand.critical_coupling():.6f}"
    values = [float(lines[f"seed {seed}"][0]) for seed in (5, 6, 7)]
    assert float(lines["mean"][0]) == pytest.approx(np.mean(values), abs=1e-6)
    assert float(lines["standard deviation"][0]) == pytest.approx(np.std(values, ddof=1), abs=2e-6)


def test_critical_point_json(run, quick):
    arguments = ["critical-point", "--models", 1, "--moderator", "flow", "--json", "--quiet"]
    numbers = json.loads(run(*arguments)[1])
    assert numbers["settings"]["moderator"] == "flow"
    assert len(numbers["models"]) == 1
    assert numbers["standard_deviation"]["critical_coupling"] is None
    assert numbers["exact_map"]["critical_coupling"] == pytest.approx(0.8139196792, abs=1e-9)
    assert numbers["exact_map"]["thermal_exponent"] == pytest.approx(0.88041, abs=1e-5)
    assert numbers["exact_map"]["degeneracy"] == pytest.approx(1.854375, abs=1e-6)


def test_the_exact_rg_map_has_a_row_where_there_is_one_coupling(run, quick):
    command = ["critical-point", "--models", 1, "--steps", 20, "--quiet", "--representation"]
    assert "\nexact RG map            0.813920 " in run(*command, "B1")[1]
    out = run(*command, "A1+E")[1]
    assert "\nexact RG map" not in out
    assert "No row of the exact RG map: with the 5 couplings of A1+E it leads away" in out
    numbers = json.loads(run(*command, "A1+E", "--json")[1])
    assert numbers["exact_map"] is None
    assert numbers["why_no_exact_map"].startswith("No row of the exact RG map")
    assert json.loads(run(*command, "A1", "--json")[1])["why_no_exact_map"] is None


def test_critical_point_of_a_potts_model(run):
    arguments = ["critical-point", "--models", 1, "--internal", "S3", "--quiet"]
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "exact RG map            1.857723     2.75279" in out
    assert "Ising model" not in out and "Hou & You" not in out
    document = json.loads(run(*arguments, "--json")[1])
    assert document["ising"] is None and document["published_median_and_box"] == {}
    assert document["settings"]["internal"] == "S3"
    assert document["mean"]["critical_coupling"] == pytest.approx(1.857723, abs=0.003)
    own = run("critical-point", "--models", 1, "--internal", "(1,2,0)(1,0,2)", "--json", "--quiet")
    assert json.loads(own[1])["mean"] == document["mean"]
    code, _, err = run("critical-point", "--internal", "S3", "--published", "shen")
    assert code == 2 and "exclude each other" in err
    code, _, err = run("critical-point", "--internal", "S12")
    assert code == 2 and "'S12' is not among" in err


def test_the_exact_rg_map_of_loops_has_a_row(run, quick):
    command = ["critical-point", "--models", 1, "--steps", 20, "--quiet", "--scheme", "loop"]
    out = run(*command, "--divergence", "l2", "--moderator", "flow")[1]
    assert "\nexact RG map            0.766249 " in out and "1.0270" in out
    assert "Hou & You" not in out
    code, _, err = run(*command, "--divergence", "cd")
    assert code != 0 and "divergence must be 'kl' or 'l2' with scheme 'loop'" in err
    assert "31 couplings is not enumerated" in run(*command, "--representation", "2A1")[1]


def test_critical_point_into_a_file(run, quick, tmp_path):
    path = tmp_path / "numbers.json"
    arguments = ["critical-point", "--models", 2, "--steps", 50, "--quiet", "--output", path]
    assert run(*arguments)[0] == 0
    assert json.loads(path.read_text()) == json.loads(run(*arguments, "--json")[1])


def test_published_settings_record_fixed_points(run):
    code, out, _ = run(
        "critical-point", "--published", "shen", "--models", 1, "--steps", 2100, "--quiet", "--json"
    )
    result = json.loads(out)
    assert code == 0
    assert result["settings"]["divergence"] == "cd" and result["settings"]["hidden"] == [16, 16]
    middle, low, high = result["recorded_median_and_box"]
    assert 0.7 < low <= middle <= high < 0.9
    assert result["recorded_median_error"] is None  # of a single model


def test_the_error_of_a_recorded_median_is_that_over_models():
    """Of models that recorded one value each: the bootstrap error of the median of values."""
    values = np.random.default_rng(1).normal(0.8, 0.02, 30)
    models = [
        SimpleNamespace(
            model=SimpleNamespace(history={"fixed_point": np.array([np.nan, value] * 3)})
        )
        for value in values
    ]
    error = _tables.recorded_median_error(models)
    expected = statistics.bootstrap(np.median, values, resamples=2000).error
    assert error == pytest.approx(expected, rel=0.15)
    assert _tables.recorded_box(models)[0] == pytest.approx(np.median(values))
    assert _tables.recorded_median_error(models[:1]) is None


# reproduce


def test_reproduction_in_a_terminal():
    """Columns for the exact RG map and the Ising model, "none" for no number, and no LaTeX."""
    quantity = {"place": "Fig. 8", "error": None, "published": 0.7961, "exact_map": None}
    summary = {
        "quantities": [
            quantity | {"quantity": "J0* of $A_1 \\oplus E$", "ours": None, "ising": 0.764285},
            quantity | {"quantity": "J*", "ours": 0.81352, "error": 6.6e-5, "exact_map": 0.81392,
                        "ising": 0.764285},
        ],
        "claims": [
            {"place": "Sec. 3", "claim": r"One has $\lvert\lambda_{RG}\rvert > 1$.", "holds": False,
             "verdict": "does not hold", "measured": r"$\Delta_1 \pm \beta / 2$ of **two**"},
        ],
        "figures": [{}],
    }  # fmt: skip
    lines = _notebook.Reproduction(Path("here"), summary).text().splitlines()
    assert lines[0].split() == ["ours", "published", "exact", "RG", "map", "Ising", "model"]
    assert lines[1].split()[-4:] == ["none", "0.7961", "-", "0.76428"]
    assert lines[1].startswith("Fig. 8, J0* of A_1 ⊕ E ")
    assert lines[2].split()[-6:] == ["0.813520", "±", "0.000066", "0.7961", "0.81392", "0.76428"]
    assert lines[3] == "Sec. 3: One has |λ_RG| > 1. DOES NOT HOLD: Δ_1 ± β / 2 of two"
    assert {len(line) for line in lines[:3]} == {len(lines[0])}


@pytest.mark.parametrize("dpi", ["9", "2401", "nan"])
def test_dots_per_inch_have_a_range(run, dpi):
    code, _, err = run("reproduce", "mlrg", "--dpi", dpi)
    assert code == 2 and "--dpi must be" in err


def test_an_interrupted_survey(quick):
    with pytest.raises(isingrg.Interrupted):
        _survey.train(range(20), {}, {"steps": 10**6}, lambda done, total: False)
    with pytest.raises(isingrg.ArgumentError, match="batch"):
        _survey.train(range(2), {}, {"batch": 0})


# demo


def test_demo(run, quick, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(_demonstration, "SIZE", 8)
    monkeypatch.setattr(_demonstration, "SAMPLES", 500)
    monkeypatch.setattr(_demonstration, "STRIP_SIZE", 16)
    code, out, _ = run("demo", "--output", tmp_path / "demo.png", "--seed", 3)
    assert code == 0
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    rows = re.findall(
        r"^ +([01]\.\d\d) +(-\d\.\d+) \+- (\d\.\d+) +(-\d\.\d+) +([+-]\d\.\d\d) ", out, re.M
    )
    assert [float(row[0]) for row in rows] == list(_demonstration.RATIOS)
    for ratio, mean, error, exact, z in rows:
        torus = ising.mean_energy(8, float(ratio) * ising.K_CRITICAL) / 64
        assert float(exact) == pytest.approx(torus, abs=1e-6)
        expected = (float(mean) - float(exact)) / float(error)
        assert float(z) == pytest.approx(expected, abs=0.02)
        assert abs(expected) < 5  # false alarms: 6 in 1.7 million
    z = [float(row[-1]) for row in rows]
    largest, square = re.search(
        r"largest \|z\| of 6 is (\d\.\d\d);.*\n.*sum of z\^2 is (\d+\.\d), 6 expected;", out
    ).groups()
    assert float(largest) == max(map(abs, z))
    assert float(square) == pytest.approx(np.sum(np.square(z)), abs=0.15)
    assert out.count("\nseed ") == 5
    assert "exact RG map            0.813920" in out


def test_the_chance_of_deviations():
    """Against SciPy's distributions, whatever the signs."""
    stats = pytest.importorskip("scipy.stats")
    for z in ([0.1, -2.85, 1.2, 0.4, 0.9, -0.3], [-0.5, 0.2], [3.0, -3.5, 0.0, 6.0]):
        found = _demonstration.chance(z)
        assert (found.count, found.largest) == (len(z), np.abs(z).max())
        expected = 1 - (1 - 2 * stats.norm.sf(found.largest)) ** len(z)
        assert found.largest_probability == pytest.approx(expected, rel=1e-6)
        assert found.chi_square == pytest.approx(np.sum(np.square(z)))
        expected = stats.chi2.sf(found.chi_square, len(z))
        assert found.chi_square_probability == pytest.approx(expected, rel=1e-9)
    text = _demonstration.chance([0.1, -2.85, 1.2, 0.4, 0.9, -0.3]).text()
    assert "The largest |z| of 6 is 2.85; chance alone gives a larger one in 2.6% of runs." in text


def test_demo_json(run, quick, monkeypatch, tmp_path):
    monkeypatch.setattr(_demonstration, "SIZE", 8)
    monkeypatch.setattr(_demonstration, "SAMPLES", 500)
    monkeypatch.setattr(_demonstration.importlib.util, "find_spec", lambda name: None)
    arguments = ["demo", "--seed", 3, "--json", "--quiet", "--output", tmp_path / "demo.png"]
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    numbers = json.loads(out)
    assert [row["ratio"] for row in numbers["monte_carlo"]] == list(_demonstration.RATIOS)
    z = [row["energy_standard_errors_off"] for row in numbers["monte_carlo"]]
    assert numbers["chance"]["largest"] == max(map(abs, z))
    assert [model["seed"] for model in numbers["flow"]["models"]] == list(range(3, 8))
    assert numbers["picture"] is None


def test_demo_without_matplotlib(run, quick, monkeypatch, tmp_path):
    monkeypatch.setattr(_demonstration, "SIZE", 8)
    monkeypatch.setattr(_demonstration, "SAMPLES", 500)
    monkeypatch.setattr(_demonstration.importlib.util, "find_spec", lambda name: None)
    code, out, _ = run("demo", "--output", tmp_path / "demo.png")
    assert code == 0
    assert "pip install 'isingrg[plot]'" in out
    assert not (tmp_path / "demo.png").exists()


# Wrong arguments


WRONG = [
    ([], "COMMAND"),
    (["demos"], "invalid choice"),
    (["info", "--jsn"], "unrecognized"),
    (["info", "--threads", "0"], "--threads must be from 1 to 1024, got 0"),
    (["info", "--threads", "two"], "--threads"),
    (["demo", "--output", "/none/demo.png"], "--output cannot be written to: the folder '/none'"),
    (["demo", "--output", "demo.txt"], "--output must end in .png, .pdf, .svg"),
    (["demo", "--output", "/dev/null/demo.png"], "--output cannot be written to"),
    (["demo", "--seed", "-1"], "--seed must be from 0"),
    (["demo", "--seed", "x"], "--seed"),
    (["critical-point", "--representation", "A3"], "did you mean 'A2'"),
    (["critical-point", "--moderator", "flows"], "invalid choice"),
    (["critical-point", "--output", "a.txt"], "--output must end in .json"),
    (["--print-completion", "dos"], "invalid choice"),
    (["critical-point", "--models", "0"], "--models must be from 1 to 1000, got 0"),
    (["critical-point", "--seed", str(2**64 - 1)], "--seed + --models - 1 must be"),
    (["sample", "--size", "8"], "required"),
    (["sample", "--size", "7", "--output", "a.npz"], "--size must be even and from 4"),
    (["sample", "--size", "8", "--output", "a.npy"], "--output must end in .npz"),
    (["sample", "--size", "8", "--output", "none/a.npz"], "--output cannot be written to"),
    (["sample", "--size", "8", "--output", "a.npz", "--coupling", "nan"],
     "--coupling must be finite"),
    (["sample", "--size", "8", "--output", "a.npz", "--samples", "0"], "--samples must be from 1"),
    (["sample", "--size", "8", "--output", "a.npz", "--chains", "-2"], "--chains must be from 1"),
    (["sample", "--size", "8", "--output", "a.npz", "--thermalize", "-2"], "--thermalize must be"),
    (["sample", "--size", "8", "--output", "a.npz", "--between", "0"], "--between must be"),
    (["sample", "--size", "8", "--output", "a.npz", "--algorithm", "wolf"], "invalid choice"),
    (["reference"], "required"),
    (["reference", "--output", "a.npz"], "--output must end in .nc"),
    (["reference", "--output", "a.nc", "--size", "7"], "--size must be even and from 4"),
    (["reference", "--output", "a.nc", "--size", "8", "8"], "different"),
    (["reference", "--output", "a.nc", "--samples", "0"], "--samples must be from 1"),
    (["reference", "--output", "a.nc", "--measurements", "9"], "--measurements must be from 1000"),
    (["reference", "--output", "a.nc", "--seed", "-1"], "--seed must be from 0"),
]  # fmt: skip


@pytest.mark.parametrize("arguments, message", WRONG)
def test_wrong_arguments_are_one_line_and_code_2(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_failures_are_one_line_and_code_1(run, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise isingrg.ConvergenceError("it did not\nconverge")

    monkeypatch.setattr(_survey, "train", fail)
    code, _, err = run("critical-point", "--quiet")
    assert (code, err) == (1, "isingrg: it did not converge\n")
    code, _, err = run(
        "sample", "--size", 16384, "--samples", 2**30, "--output", tmp_path / "a.npz"
    )
    assert code == 1
    assert "this machine has" in err


def test_help_and_version(run):
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in ("demo", "critical-point", "sample", "info"))
    assert run("--version")[:2] == (0, f"isingrg {isingrg.__version__}\n")


# As a process


def test_module_and_broken_pipe():
    command = f"{sys.executable} -m isingrg info --json | head -c 0"
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_ctrl_c_is_code_130():
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "training\n"
    time.sleep(0.3)
    start = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "isingrg: interrupted"
    assert time.monotonic() - start < 2  # the calls return in half a second, then Python ends


INTERRUPTIBLE = """
import sys
from isingrg import cli, mlrg
table = mlrg.settings.DEFAULT_TRAININGS
table["star", "monotone", "kl"] = table["star", "monotone", "kl"].changed(steps=10**6)
print("training", flush=True)
sys.exit(cli.main(["critical-point", "--quiet"]))
"""

"""Measures the flows of 05_convergence.ipynb; writes them to data/convergence_blind.json,
data/convergence_flows.json and data/convergence_schemes.json.

    python notebooks/measure_convergence.py                      # everything, a quarter of an hour
    python notebooks/measure_convergence.py --chi 2 4            # some sizes of the loop flow
    python notebooks/measure_convergence.py --blind --chi 2 4    # critical couplings by phases only
    python notebooks/measure_convergence.py --schemes            # TRG, BTRG and HOTRG only

One record for each number of states, with seconds of the processor on one core. What is recorded
already is not measured again.
"""

import argparse
import time
import warnings
from pathlib import Path

import isingrg
import record_file
from isingrg import mlrg, tensorrg

FILE = Path(__file__).parent / "data" / "convergence_flows.json"
BLIND_FILE = FILE.with_name("convergence_blind.json")
SCHEMES_FILE = FILE.with_name("convergence_schemes.json")
SIZES = (2, 4, 6, 8, 10, 12, 16)
#: Up to this size a critical coupling is searched for by secants, and the flow is linearised at its
#: true fixed point, which costs chi^9. Beyond it, a flow starts at the exact critical coupling.
SEARCHED = 10
SCHEME_SIZES = (4, 8, 12)
#: Scaling dimensions that are kept of each sector.
LEVELS = 24


def measure_blind(chi):
    """J* from nothing but the phases of flows, and Delta_1 on the plateau of the flow from there."""
    begun = time.process_time()
    found = mlrg.critical_coupling(chi, method="bisection")
    seconds = time.process_time() - begun
    plateau = mlrg.tensor_flow(found.J, chi, 12).dimension(1)[-8:]
    record = {
        "chi": chi, "J": found.J, "uncertainty": found.uncertainty, "flows": found.flows,
        "delta_sigma": [float(plateau.mean()), float(plateau.std(ddof=1))],
        "seconds": round(seconds, 2)}
    print(f"chi = {chi:2}: J* = {found.J:.7f}, J* - J_c = {found.J - mlrg.LIEB_CRITICAL_COUPLING:+.1e}, "
          f"Delta_1 - 1/8 = {plateau.mean() - 1 / 8:+.1e}, {seconds:.1f} s", flush=True)
    return record


def measure(chi):
    """J* by secants, exponents, and the spectrum at the fixed point."""
    is_small = chi <= SEARCHED
    J = mlrg.critical_coupling(chi).J if is_small else mlrg.LIEB_CRITICAL_COUPLING
    found = mlrg.loop_exponents(chi, J, linearise=is_small)
    begun = time.process_time()
    flow = mlrg.tensor_flow(J, chi, 12)
    seconds = (time.process_time() - begun) / 12
    state = flow.states[9] if found.fixed_point is None else found.fixed_point.state
    estimates = ("delta_sigma", "delta_epsilon", "central_charge", "thermal_exponent",
                 "thermal_from_differences")
    print(f"chi = {chi:2}: exponents and spectrum", flush=True)
    return {
        "chi": chi, **({"J_secant": J} if is_small else {}), "seconds_of_a_step": round(seconds, 4),
        **{name: [(e := getattr(found, name)).value, e.error] for name in estimates},
        "linearised": found.fixed_point is not None,
        "exponents": [] if found.fixed_point is None else found.fixed_point.exponents[:8].tolist(),
        "dimensions": [part[:LEVELS].tolist() for part in state.spectrum.dimensions],
        "distance": flow.infos[-1].error,
    }


def measure_scheme(name, chi):
    """J* of a classical scheme on the Lieb lattice by bisection of the phases, and the plateau."""
    scheme = getattr(tensorrg, name)(chi)
    doublings = 2 if name == "HOTRG" else 1

    def flow(J):
        network = tensorrg.weights_network(mlrg.boltzmann_tensor(J))
        return scheme.flow(network, 40 // doublings)

    begun = time.process_time()
    low, high = 0.70, 0.85
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if flow(middle).degeneracy[-1] > 1.5 else (middle, high)
    seconds = time.process_time() - begun
    J = (low + high) / 2
    plateau = flow(J).dimension(1)[4 // doublings : 12 // doublings + 1]
    return {
        "scheme": name, "chi": chi, "J": J, "seconds": round(seconds, 2),
        "delta_sigma": [float(plateau.mean()), float(plateau.std(ddof=1))]}


def measure_schemes():
    for chi in SCHEME_SIZES:
        for name in ("TRG", "BTRG", "HOTRG"):
            if not record_file.has(SCHEMES_FILE, {"scheme": name, "chi": chi}):
                records = record_file.load(SCHEMES_FILE)
                record_file.save(SCHEMES_FILE, [*records, measure_scheme(name, chi)])
                print(name, chi, flush=True)


def record_each(path, measured, sizes):
    """One record for each number of states that has none yet."""
    for chi in sizes:
        if not record_file.has(path, {"chi": chi}):
            records = [measured(chi), *record_file.load(path)]
            record_file.save(path, sorted(records, key=lambda record: record["chi"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chi", type=int, nargs="+", default=SIZES, choices=SIZES)
    parser.add_argument("--blind", action="store_true")
    parser.add_argument("--schemes", action="store_true")
    options = parser.parse_args()
    isingrg.set_num_threads(1)
    warnings.filterwarnings("ignore", "chi = .* cuts a multiplet")
    if options.schemes or (options.chi == SIZES and not options.blind):
        measure_schemes()
    if not options.schemes:
        record_each(BLIND_FILE, measure_blind, options.chi)
    if not options.schemes and not options.blind:
        record_each(FILE, measure, options.chi)


if __name__ == "__main__":
    main()

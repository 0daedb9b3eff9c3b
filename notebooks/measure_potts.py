"""Measures the loop students of Potts models and writes them to data/potts_loop.json.

    python notebooks/measure_potts.py    # some three minutes on one core

Two kinds of records, with seconds of the processor on one core: "map" is the exact map of the student of
one spin, by squares and by divergence, and "flow" that of tensors with more states. What is recorded already
is not measured again.
"""

import time
from pathlib import Path

import isingrg
import record_file
from isingrg import mlrg

FILE = Path(__file__).parent / "data" / "potts_loop.json"
#: States of a spin, for each objective, and of larger tensors that part no multiplet. By divergence the 390,625
#: states of q = 5 take more than five minutes.
MAPS = {"l2": (2, 3, 4, 5), "kl": (2, 3, 4)}
FLOWS = ((3, 3), (4, 4), (3, 9))


def measure_map(q, objective):
    begun = time.process_time()
    found = mlrg.loop_map_fixed_point(objective, internal=f"S{q}")
    return {
        "kind": "map", "q": q, "objective": objective, "J": found.critical_coupling,
        "point": found.J.tolist(), "distance": found.distance,
        "exponents": found.exponents.tolist(), "dimensions": found.dimensions.tolist(),
        "seconds": round(time.process_time() - begun, 2)}


def measure_flow(q, chi):
    begun = time.process_time()
    J = mlrg.critical_coupling(chi, internal=f"S{q}", low=1.4, high=2.2, width=1e-7).J
    found = mlrg.loop_exponents(chi, J, internal=f"S{q}", difference=1e-5)
    estimates = ("delta_sigma", "delta_epsilon", "central_charge", "thermal_exponent")
    return {
        "kind": "flow", "q": q, "chi": chi, "J": J,
        **{name: [(e := getattr(found, name)).value, e.error] for name in estimates},
        "seconds": round(time.process_time() - begun, 2)}


def main():
    isingrg.set_num_threads(1)
    wanted = [({"kind": "flow", "q": q, "chi": chi}, measure_flow, (q, chi)) for q, chi in FLOWS]
    wanted += [({"kind": "map", "q": q, "objective": o}, measure_map, (q, o))
               for o, states in MAPS.items() for q in states]
    for key, measured, arguments in wanted:
        if not record_file.has(FILE, key):
            record = measured(*arguments)
            record_file.save(FILE, [*record_file.load(FILE), record])
            off = record["J"] - mlrg.lieb_critical_coupling(f"S{record['q']}")
            print(key, f"J* - J_c = {off:+.2e}", record["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()

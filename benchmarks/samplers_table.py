"""The tables of docs/samplers.md, from the records."""

import statistics

import record_file
from samplers import FILE, MODELS, PUBLISHED, SIZES


def number(value):
    """Three digits, with thousands and more in groups."""
    if isinstance(value, list):
        return " to ".join(number(one) for one in value)
    if value >= 100:
        digits = 2 - (len(str(int(value))) - 1)
        return f"{round(value, digits):,.0f}"
    return f"{value:.3g}"


def share(value):
    if isinstance(value, list):
        return " to ".join(f"{one:.2f}" for one in value)
    return f"{value:.3f}" if value > 0.0095 else f"{value:.1g}"


def medians(records, L):
    """Of trained models of a size."""
    chosen = [record for record in records if record["model"]["L"] == L]
    if not chosen:
        return None
    effective = [r["log_partition"]["effective_sample_size"] / r["samples"] for r in chosen]
    rates = [r["samples_per_processor_second"] for r in chosen if "samples_per_processor_second" in r]
    return {
        "share": statistics.median(effective),
        "rate": statistics.median(rates) if rates else None,
        "training": statistics.median(r.get("processor_seconds", r["seconds"]) for r in chosen),
        "seeds": len(chosen),
    }


def seeds(records):
    """How many trainings there are of a size."""
    counts = sorted({sum(r["model"]["L"] == L for r in records) for L in {r["model"]["L"] for r in records}})
    return " to ".join(str(count) for count in sorted({counts[0], counts[-1]})) + " seed" + "s" * (counts[-1] > 1)


def found():
    """Name of a row -> size -> its numbers."""
    trained = record_file.load(MODELS / "multilevel_models.json")
    ours = [r for r in trained if r["recipe"] in ("critical", "sizes")]
    larger = [r for r in trained if r["recipe"] == "larger"]
    largest = [r for r in trained if r["recipe"] == "largest"]
    flows = [
        r | {"samples": 8192} for r in record_file.load(MODELS / "neuralrg_models.json")
        if r["recipe"] in ("critical", "L4", "L8", "L32")
    ]  # fmt: skip
    measured = record_file.load(FILE)

    def rows(method):
        return {r["L"]: r for r in measured if r["method"] == method}

    table = {
        f"multilevel sampler, {seeds(ours)}": {L: medians(ours, L) for L in SIZES},
        f"larger fields, {seeds(larger)}": {L: medians(larger, L) for L in SIZES},
        f"largest fields, {seeds(largest)}": {L: medians(largest, L) for L in SIZES},
        "NeuralRG, on the dual": {L: medians(flows, L) for L in SIZES},
        "annealed importance sampling": rows("annealing"),
        "sequential Monte Carlo": rows("sequential"),
        "transfer matrix, exact": rows("rows"),
        "boundary states of bond 4, open lattice": rows("boundary 4"),
        "boundary states of bond 8, open lattice": rows("boundary 8"),
        "boundary states of bond 16, open lattice": rows("boundary 16"),
        "Wolff": rows("wolff"),
    }
    for L, rate in rows("flow_rate").items():
        table["NeuralRG, on the dual"][L]["rate"] = rate["rate"]
    for record in record_file.load(PUBLISHED):
        name = f"{record['method']}, published ({record['source']}; {record['on']})"
        table.setdefault(name, {})[record["L"]] = record
    return table


def tables():
    """Three: the worth of a sample, independent configurations in a second, training."""
    parts = []
    for title, shown in (
        ("worth of a sample", lambda r: share(r["share"])),
        (
            "independent configurations in a second",
            lambda r: number(r["rate"] * r["share"]) if r.get("rate") else "-",
        ),
        ("training in seconds", lambda r: number(r["training"]) if r.get("training") else "-"),
    ):
        lines = [
            f"| {title} | " + " | ".join(f"L = {L}" for L in SIZES) + " |",
            "|---|" + "---|" * len(SIZES),
        ]
        for name, records in found().items():
            cells = [shown(records[L]) if records.get(L) else "-" for L in SIZES]
            if set(cells) != {"-"}:
                lines.append(f"| {name} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def trials():
    """Every recorded choice of couplings at L = 32, the first seed of each."""
    records = record_file.load(MODELS / "multilevel_models.json")
    chosen = [
        r for r in records
        if r["recipe"] in ("critical", "larger", "largest", "fields") and r["model"]["L"] == 32 and r["seed"] == 0
    ]  # fmt: skip
    lines = [
        "| changed | couplings | divergence in nat | effective share | training in seconds |",
        "|---|---|---|---|---|",
    ]
    for r in sorted(chosen, key=lambda r: r["parameters"]):
        changed = [f"`{k}={v}`" for k, v in r["model"].items() if k != "L"]
        if r["recipe"] == "largest":
            changed += [f"{steps} steps of {batch:,}" for _, steps, batch in r["training"]["stages"]]
        bound = r["minus_log_partition"]
        effective = r["log_partition"]["effective_sample_size"] / r["samples"]
        lines.append(
            f"| {', '.join(changed) or 'nothing'} | {r['parameters']:,} | "
            f"{bound['bound'] + r['exact']:.4f} +- {bound['standard_error']:.4f} | {effective:.4f} | "
            f"{r['processor_seconds']:.1f} |")
    return "\n".join(lines)


def others():
    """Other couplings, fields, and trainings without Monte Carlo: all that are recorded."""
    lines = [
        "| recipe | L | samplers | effective share, lowest, median, highest | ln Z less the exact one in errors |",
        "|---|---|---|---|---|",
    ]
    groups = {}
    for r in record_file.load(MODELS / "multilevel_models.json"):
        if r["recipe"] in ("critical", "ladder", "couplings", "field"):
            model, training = r["model"], r["training"]
            changed = [f"{k} = {v}" for k, v in (model | training).items() if k not in ("L", "steps", "start")]
            name = "K_c" if r["recipe"] in ("critical", "ladder") else ", ".join(changed)
            name += ", without Monte Carlo" if training.get("start") == "ladder" else ""
            groups.setdefault((name, model["L"]), []).append(r)
    for (name, L), group in groups.items():
        shares = sorted(r["log_partition"]["effective_sample_size"] / r["samples"] for r in group)
        scores = [
            (r["log_partition"]["estimate"] - r["exact"]) / r["log_partition"]["standard_error"]
            for r in group
        ]  # fmt: skip
        middle = f"{shares[0]:.4f}, {statistics.median(shares):.4f}, {shares[-1]:.4f}"
        lines.append(
            f"| {name} | {L} | {len(group)} | {middle} | {min(scores):.1f} to {max(scores):.1f} |")
    return "\n".join(lines)


def shares(method, title):
    """Of a trial: the effective share by the number of sweeps or redraws."""
    lines = []
    for r in record_file.load(FILE):
        if r["method"] == method:
            heads, cells = zip(*r["shares"].items(), strict=True)
            if not lines:
                lines = [f"| {title} | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
            shown = " | ".join(f"{cell:.3f}" for cell in cells)
            lines.append(f"| effective share, L = {r['L']} | {shown} |")
    return "\n".join(lines)


def tempering():
    return shares("tempering", "sweeps from K = 0.43 to K_c")


def redrawing():
    return shares("redrawing", "redraws from q to the target")


def second_class():
    return "\n".join(
        f"At L = {r['L']} it would take at most {r['of the class']:.4f} of {r['divergence']:.4f} nat away."
        for r in record_file.load(FILE) if r["method"] == "second class"
    )  # fmt: skip


def speed():
    lines = ["| L | at best, samples in a second | measured | share |", "|---|---|---|---|"]
    lines += [
        f"| {r['L']} | {number(r['limit'])} | {number(r['rate'])} | {100 * r['rate'] / r['limit']:.0f} % |"
        for r in record_file.load(FILE) if r["method"] == "speed"
    ]  # fmt: skip
    return "\n".join(lines)


def page(text):
    """docs/samplers.md with all tables anew: each stands between comments that name it."""
    for part in (tables, others, trials, tempering, redrawing, second_class, speed):
        start, end = f"<!-- {part.__name__} -->", f"<!-- end of {part.__name__} -->"
        before, rest = text.split(start)
        text = f"{before}{start}\n\n{part()}\n\n{end}{rest.split(end)[1]}"
    return text

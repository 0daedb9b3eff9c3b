"""The claims of Li & Wang on trial: what was tested, by which threshold, and what came out.

Tests in standard errors: chance exceeds five of them once in two million cases, three once in 370. Places are those of the paper; what
its supplement or its program say is named so.
"""

from itertools import pairwise

import numpy as np

from chains_neuralrg import gains
from draw_neuralrg import KINDS, SIZES, divergence, gaussian, likelihoods, scan, trained
from page import OWN, judge, with_error
from page_neuralrg import DEPTHS, MODELS, TEMPERATURES, select

#: By how much a divergence may still fall with four times the steps in a training that counts as converged.
CONVERGED = 0.1


def density(gap):
    judge(
        ("abstract, Eq. 1", "\"exact and tractable likelihood\"", gap < 1e-8, f"they differ by {gap:.0e}",
         "log-determinant of one pass and of the Jacobian: within 1e-8"),
    )  # fmt: skip


def wavelet_start(gap):
    judge(
        ("text on Fig. 4", "\"if each bijector performs the same linear transformation, the network precisely implements the discrete wavelet transformation\"",
         gap < 1e-8, f"largest difference {gap:.0e}",
         "linear bijectors with the Haar matrix, and `haar`, which is other code: within 1e-8"),
    )  # fmt: skip


def cones(far, information):
    """far: by depth (first distance, largest score beyond it, mean and error one site nearer)."""
    whole, between, kept = information
    apart = [abs(one[0] - kept[0]) / np.hypot(one[1], kept[1]) for one in (whole, between)]
    judge(
        ("Fig. 2a", "\"the correlation length of the physical variables is limited by the depth of the disentangler layers\"",
         all(score < 5 for _, score, _, _ in far.values()),
         "; ".join(f"depth {depth}: cones part at distance {first}, correlations there below {score:.1f} errors; one site nearer {with_error(*rest)}"
                   for depth, (first, score, *rest) in far.items()),
         "where cones do not meet, correlations of trained flows are below 5 standard errors"),
        ("Eq. 2, Fig. 2b", "\"Mutual information is conserved at the decimation step\"", max(apart) < 3,
         f"I(A:B) = {with_error(*whole)}, I(a, z : b, z) = {with_error(*between)}, I(a, n : b, n) = {with_error(*kept)} nat",
         "three estimates of a trained tree agree within 3 errors"),
    )  # fmt: skip


def _row(structure, depth, what):
    found = [gaussian("L", L, structure, depth) for L in SIZES]
    return [what(L, record) for L, record in zip(SIZES, found, strict=True) if record]


def depth():
    shares = {d: _row("tebd", d, lambda L, r: r["susceptibility"]) for d in (1, 2, 4)}
    halves = [gaussian("L", L, "tebd", L // 2)["susceptibility"] for L in SIZES]
    whole = _row("mera", None, lambda L, r: r["susceptibility"])
    sites = _row("mera", None, lambda L, r: r["divergence"] / L**2)
    growth = np.diff(sites)
    tree = [(r["divergence"], r["bottleneck"]) for r in (gaussian("L", L, "tree") for L in SIZES)]
    mera = _row("mera", None, lambda L, r: r["divergence"])
    near = {d: [gaussian(2, L, "tebd", d) for L in (16, 32)] for d in (1, 2, 4, 8)}
    steady = {d: [r["divergence"] / L**2 for r, L in zip(row, (16, 32), strict=True)] for d, row in near.items()}

    def said(values, digits=3):
        return ", ".join(f"{value:.{digits}g}" for value in values)

    judge(
        ("text on Fig. 2c", "\"In a network with only disentanglers, the depth should scale linearly with system size to capture diverging correlation length at criticality.\"",
         all(b < a / 2 for row in shares.values() for a, b in pairwise(row)),
         "; ".join(f"depth {d}: {said(row)}" for d, row in shares.items()) + f" at $L$ up to 32; at depth $L / 2$: {said(halves)}",
         "best linear flows of the Gaussian model with $\\xi = L$: at fixed depth, their share of the variance at $k = 0$ falls at least by half with each doubling of $L$"),
        ("text on Fig. 2c", "\"the required depth only scales logarithmically with system size if one employs the MERA-like structure\"",
         bool(max(abs(v - 1) for v in whole) < 0.01 and (np.diff(growth) < 0)[1:].all()),
         f"shares {said(whole, 5)}; divergence per site {said(sites, 2)} nat at $L = 4$ to 32",
         "$\\log_2 L$ scales: that share within 1 % of 1 for all $L$, and from $L = 8$ on the divergence per site rises less with each doubling"),
        ("text on Fig. 2a", "\"The structure of Fig. 2(a) is sufficient for physical problems with finite correlation length\"",
         all(b < 1.1 * a for a, b in steady.values()) and all(a[1] > b[1] for a, b in pairwise(steady.values())),
         "; ".join(f"depth {d}: {said(v, 2)} nat per site, share {said([r['susceptibility'] for r in near[d]], 2)}" for d, v in steady.items()) + " at $L = 16$, 32",
         "Gaussian model with $\\xi = 2$: the divergence per site does not grow with $L$ by more than a tenth, and falls with each doubling of the depth"),
        ("text on Eq. 2", "\"the MI between two sets of physical variables is limited by the top layer in a bijective net of the tree structure\"",
         all(value >= bound for value, bound in tree),
         "; ".join(f"$L = {L}$: bound {b:.2f}, tree {v:.2f}, all scales {m:.2f} nat" for L, (v, b), m in zip(SIZES, tree, mera, strict=True)),
         "the best linear trees of the Gaussian model with $\\xi = L$ stay above the bound of their bottleneck, which is computed without any flow"),
        _ising(),
    )  # fmt: skip


def _ising():
    falls, sites = {}, {}
    for (structure, d), (name, _, _) in KINDS.items():
        for L in SIZES:
            short, long = ([divergence(r) for r in trained(L, structure, d, steps)] for steps in (2000, 8000))
            if long:
                sites.setdefault(name, []).append((L, np.median(long) / L**2))
            if short and long:
                falls[name, L] = 1 - np.median(long) / np.median(short)
    verdict = None
    if falls and max(falls.values()) < CONVERGED:
        verdict = all(b[1] < 1.5 * a[1] for a, b in pairwise(sites["all scales"]))
    said = "; ".join(f"{name} " + ", ".join(f"{1e3 * v:.1f} at {L}" for L, v in row) for name, row in sites.items())
    worst = max(falls, key=falls.get)
    return (
        "text on Fig. 2c", "the same for trained flows of the critical Ising model", verdict,
        f"$10^{{-3}}$ nat per site: {said}; with four times the steps the divergence falls by up to {100 * falls[worst]:.0f} % ({worst[0]}, $L = {worst[1]}$)",
        f"medians of the seeds with all scales grow by less than a half with each doubling of $L$; decided only if no training falls by more than {100 * CONVERGED:.0f} % with four times the steps",
    )  # fmt: skip


def free_energy(falls):
    records = [*MODELS, *(r for r in DEPTHS if r["recipe"] != "likelihood")]
    margins = [(r["free_energy"]["mean"] - r["exact"]) / r["free_energy"]["standard_error"] for r in records]
    errors = [(r["free_energy"]["mean"] - r["exact"]) / -r["exact"] for r in select("critical")]
    judge(
        ("Eq. 4", "\"the loss Eq. (3) provides a variational upper bound of the physical free energy\"", min(margins) > -4,
         f"smallest distance to the exact value {min(margins):+.1f} errors", f"no bound of {len(margins)} trainings is more than 4 standard errors below the exact value"),
        ("Fig. 3a", "\"the variational free-energy continuously decreases during the training\"", min(falls) == 1,
         f"{', '.join(f'{100 * fall:.0f} %' for fall in falls)} of them fall; final relative errors {', '.join(f'{100 * e:.3f} %' for e in errors)}",
         "means over tenths of the training, of three seeds, all fall"),
    )  # fmt: skip


def losses():
    pairs = {L: (trained(L), likelihoods(L)) for L in (4, 8, 16)}
    pairs = {L: pair for L, pair in pairs.items() if all(pair)}
    reverse = {L: [np.median([divergence(r) for r in records]) for records in pair] for L, pair in pairs.items()}
    forward = {L: [np.median([r["forward"]["mean"] for r in records]) for records in pair] for L, pair in pairs.items()}
    better = [[a < b for a, b in numbers.values()] for numbers in (reverse, forward)]
    verdict = True if all(map(all, better)) else False if not any(map(any, better)) else None
    judge(
        ("text on Eq. 5", "\"optimizing the variational objectivity Eq. (5) can be more efficient than MLE\"", verdict,
         "; ".join(f"$L = {L}$: from the flow {reverse[L][0]:.2f} and {reverse[L][1]:.2f}, to it {forward[L][0]:.2f} and {forward[L][1]:.2f} nat" for L in pairs)
         + " by distillation and by likelihood",
         "equal steps, batch and flow, medians of the seeds: distillation ends nearer in both directions of the divergence; refuted if in none"),
    )  # fmt: skip


def beside_training(chains, order, order_error):
    """chains: for each record of the published configuration its Monte Carlo beside the training."""
    ends, settled = {"latent": [], "physical": []}, []
    for data in chains:
        for space, row in ends.items():
            mean, error = np.array(data[f"{space}_mean"]), np.array(data[f"{space}_error"])
            scores = (mean - order) / np.hypot(error, order_error)
            row.append(scores[-1])
            if space == "latent":
                late = np.flatnonzero(np.abs(scores) > 3)
                settled.append((late[-1] + 2 if len(late) else 1) / len(scores))
    judge(
        ("text on Fig. 3b", "\"The physical results quickly converge to the correct value\"",
         None if not settled else True if max(settled) <= 0.5 and max(map(abs, ends["latent"])) < 3 else False if min(settled) > 1 else None,
         f"after {', '.join(f'{100 * s:.0f} %' for s in settled)} of the updates; at the end off by {', '.join(f'{s:+.1f}' for s in ends['latent'])} errors",
         "the paper gives no number; holds if the chains are within 3 errors of the exact value for good before half of the updates, for all seeds; refuted if none ever is"),
        ("text on Fig. 3b", "\"fails to thermalize during the same HMC steps\" (physical space)", min(map(abs, ends["physical"])) > 5,
         f"off by {', '.join(f'{s:+.0f}' for s in ends['physical'])} errors", "more than 5 standard errors from the exact value at the last update, for all seeds"),
    )  # fmt: skip


def _named(flow, steps, L):
    return f"{'published flow' if flow == 'published' else 'our flows'}, {steps} steps, $L = {L}$"


def efficiency():
    rows = gains()
    as_published = {key: row for key, row in rows.items() if key in (("published", "published", 16), ("ours", "published", 32))}
    ahead = [seconds[2] > 1 + 3 * error * seconds[2] for _, error, seconds in as_published.values()]
    behind = [seconds[2] < 1 - 3 * error * seconds[2] for _, error, seconds in as_published.values()]
    best = {key: row for key, row in rows.items() if key[1] == "best"}
    judge(
        ("text on Fig. 3b", "\"Even taking into account the overhead of training and evaluating the neural network, sampling in the latent space is still significantly more efficient.\"",
         True if all(ahead) else False if all(behind) else None,
         "; ".join(f"{_named(*key)}: {with_error(gain, gain * error)} times fewer gradients; time of physical over latent chains {seconds[2]:.2f} with the dense force, {seconds[1]:.2f} by FFT, {seconds[0]:.2f} in this library"
                   for key, (gain, error, seconds) in as_published.items()),
         "steps as published, processor time of an independent sample, without the training: latent quicker than physical chains by 3 errors with the dense force that the program used, at $L = 16$ and 32; refuted if slower by 3 errors at both"),
        ("text on Fig. 3b", "Does a flow save gradients?", OWN,
         "; ".join(f"{_named(*key)}: {with_error(g, g * e)}" for key, (g, e, _) in rows.items()),
         "gradients of an independent sample, physical over latent space; best: in each space the better of tuned and published steps"),
        ("text on Fig. 3b", "Is latent space quicker when both spaces are tuned?", OWN,
         "; ".join(f"{_named(*key)}: {', '.join(f'{s:.2f}' for s in row)}" for key, (_, _, row) in best.items()),
         "processor time, physical over latent, with the physical force of this library, by FFT, by a dense matrix; above 1 if latent is quicker"),
    )  # fmt: skip


def responses(own, alike, relative, linear):
    judge(
        ("text on Fig. 4a", "\"Each of them responds similarly to a nonoverlapping spatial region, which is indeed a reminiscence of the wavelets.\"",
         min(own) > 0.75 and min(alike) > 0.8, f"shares at least {min(own):.2f}; cosines at least {min(alike):.2f}",
         "three quarters of each squared response lie in a quarter of the lattice of its own, and the four have cosines above 0.8 when moved on top of each other"),
        ("text on Fig. 4a", "\"the gradient also exhibits variation for different physical variables\": \"nonlinearity of the learned transformation\"",
         min(relative) > 0.05 and linear < 1e-6, f"{100 * min(relative):.0f} to {100 * max(relative):.0f} %; a linear flow {linear:.0e}",
         "rms deviation over configurations above 5 % of the rms mean; that of a linear flow below 1e-6"),
    )  # fmt: skip


def wavelets(response_part, influence_part):
    judge(
        ("text on Fig. 4a", "Are the responses Haar wavelets? (The paper says reminiscence, not equality.)", OWN,
         f"responses {', '.join(f'{v:.2f}' for v in response_part)}; influences {', '.join(f'{v:.2f}' for v in influence_part)}",
         "part of the Haar wavelets of each scale, fine to coarse, in the span of the learned ones; 1 for a wavelet transform"),
    )  # fmt: skip


def information(excess, linear, nonlinear):
    """excess: mean mutual information above noise; divergences (nat) of the best linear flow and of the published ones."""
    gap = [divergence(r) / r["free_energy"]["standard_error"] for r in select("critical")]
    free = gaussian("L", 4, "mera")["divergence"]
    judge(
        ("text on Fig. 4b", "\"the remaining MI between the latent variables is much smaller compared to the ones between the physical variables\"",
         excess["latent"] < 0.1 * excess["physical"], f"mean above noise: latent {excess['latent']:.4f}, physical {excess['physical']:.3f} nat, {excess['physical, turned']:.3f} when turned", "less than a tenth"),
        ("text on Fig. 4b", "\"The network does not map the physical distribution into ideally factorized Gaussian prior, in line with the gap to the exact free energy\"", min(gap) > 5,
         f"divergences {', '.join(f'{divergence(r):.2f}' for r in select('critical'))} nat, {min(gap):.0f} errors and more", "the gap itself decides: the divergence of z from the prior is that of x, above 0 by 5 errors"),
        ("text on Fig. 4b", "\"These linear transformation approaches would not be able to remove dependence between the physical variables unless the physical problem is a free theory.\"",
         excess["Haar wavelets"] > excess["latent"] and linear > max(nonlinear) and free < 0.01,
         f"Haar {excess['Haar wavelets']:.4f} nat above noise; divergence of a trained linear flow {linear:.1f}, of the nonlinear {max(nonlinear):.2f} nat; of the free field at $L = 4$ {free:.4f}",
         "Haar coefficients share more than latent variables; a trained linear flow ends further from the Ising model than the published ones, and within 0.01 nat of a free field"),
    )  # fmt: skip


def temperatures():
    ours, theirs = scan()
    ratios = [ours[1] / ours[4], theirs[1] / theirs[5]]
    marks = [TEMPERATURES.index(T) for T in (2.0, 2.3, 2.7)]
    judge(
        ("supplement", "Where are coarse scales missed? (The paper shows the scan without a claim.)", OWN,
         "error with one scale over error with all, at T = 2, 2.3, 2.7: " + "; ".join(f"{name} {', '.join(f'{ratio[k]:.2f}' for k in marks)}" for name, ratio in zip(("ours", "published"), ratios, strict=True)),
         "both fall from the coldest to the hottest temperature: " + ", ".join("yes" if (np.diff(ratio) < 0).all() else "no" for ratio in ratios)),
    )  # fmt: skip

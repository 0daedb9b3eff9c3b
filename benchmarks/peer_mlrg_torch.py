"""One training epoch of machine-learning RG on the A1 Lieb block, in plain batched PyTorch.

The method is that of Shen ("Learning Renormalization Group Flows for Lattices"), with the
settings of the published runs: 24 couplings J in parallel, 512 samples per coupling, 32 Gibbs
sweeps of the teacher, CD-1 (or the exact KL over the 16 visible states), one HMC proposal of
32 leapfrog steps of 0.001, Adam 1e-3. Everything is float32 and batched over couplings and
samples; the only loops are those over time (sweeps, leapfrog steps, epochs).

    python peer_mlrg_torch.py            # a table of seconds per epoch
    epoch_seconds("kl", "flow", 50)      # a list of seconds, one per epoch
"""

from __future__ import annotations

import math
import statistics
import sys
import time

try:
    import torch
except ImportError:
    torch = None

UNAVAILABLE = None if torch else "peer_mlrg_torch: PyTorch is not installed (pip install torch); skipped"

DIVERGENCES = ("cd", "kl")
MODERATORS = ("flow", "monotone")

COUPLINGS, SAMPLES, SWEEPS = 24, 512, 32
LEAPFROG_STEPS, STEP_SIZE = 32, 1e-3
LEARNING_RATE = 1e-3
EPOCHS = 4096


def beta(epoch):
    """The annealed weight of |f|^2 in the proposal of couplings."""
    return 16 / (1 + math.exp(-16 * (epoch - EPOCHS / 4) / EPOCHS))


def flow_network():
    """f(J): 1-16-1, SiLU."""
    return torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.SiLU(), torch.nn.Linear(16, 1))


def monotone_network():
    """C(J): 1-6-12-8-1, LayerNorm and tanh after each hidden layer."""
    layers, width = [], 1
    for next_width in (6, 12, 8):
        layers += [torch.nn.Linear(width, next_width), torch.nn.LayerNorm(next_width), torch.nn.Tanh()]
        width = next_width
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))


class Trainer:
    """The state of a run: network, optimizer, couplings J of shape (couplings,)."""

    def __init__(self, divergence="cd", moderator="flow", couplings=COUPLINGS, samples=SAMPLES, seed=0):
        if divergence not in DIVERGENCES or moderator not in MODERATORS:
            raise ValueError(f"divergence is one of {DIVERGENCES}, moderator one of {MODERATORS}")
        torch.manual_seed(seed)
        self.samples = samples
        self.loss = self.contrastive_divergence if divergence == "cd" else self.kullback_leibler
        self.is_flow = moderator == "flow"
        self.network = flow_network() if self.is_flow else monotone_network()
        # foreach applies one update to all parameters together: the fastest choice on a CPU.
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=LEARNING_RATE, foreach=True)
        self.J = torch.randn(couplings)
        self.epoch = 0
        # The 16 visible states of the block, shape (4, 1, 16): corners first, like all spins here.
        bits = torch.arange(16)[None, :] >> torch.arange(4)[:, None] & 1
        self.states = (2.0 * bits - 1)[:, None, :]

    # The moderator

    def velocity(self, J, create_graph=True):
        """J' - J for J of shape (n,): f(J), or -dC/dJ, with a graph back to J and the parameters."""
        if self.is_flow:
            return self.network(J[:, None])[:, 0]
        if not J.requires_grad:
            J = J.detach().requires_grad_()
        return -torch.autograd.grad(self.network(J[:, None]).sum(), J, create_graph=create_graph)[0]

    def potential(self, J):
        """beta |f|^2 for each J, and its gradient."""
        J = J.detach().requires_grad_()
        energy = beta(self.epoch) * self.velocity(J) ** 2
        return energy.detach(), torch.autograd.grad(energy.sum(), J)[0]

    def propose(self):
        """One HMC step of all couplings under exp(-beta |f|^2)."""
        energy, force = self.potential(self.J)
        J = self.J
        momentum = torch.randn_like(J)
        start = energy + 0.5 * momentum**2
        for _ in range(LEAPFROG_STEPS):
            momentum = momentum - 0.5 * STEP_SIZE * force
            J = J + STEP_SIZE * momentum
            energy, force = self.potential(J)
            momentum = momentum - 0.5 * STEP_SIZE * force
        accepted = torch.rand_like(J) < torch.exp(start - energy - 0.5 * momentum**2)
        self.J = torch.where(accepted, J, self.J)

    # Teacher (square graph: edge k joins the corners k and k + 1) and student (cross graph)

    def teacher_samples(self, J):
        """Corner spins, shape (4, couplings, samples), after 32 sweeps from random spins."""
        # p(s = +1) = (1 + tanh(J field)) / 2. Each spin has two neighbours: the field is -2, 0 or 2,
        # and tanh(J field) = field tanh(2J) / 2.
        response = 0.5 * torch.tanh(2 * J.detach())[:, None]
        noise = torch.empty(4, len(J), self.samples)
        up = torch.ones(())
        corners = torch.copysign(up, noise.uniform_(-1, 1))
        for _ in range(SWEEPS):
            edges = torch.copysign(up, response * (corners + corners.roll(-1, 0)) - noise.uniform_(-1, 1))
            corners = torch.copysign(up, response * (edges + edges.roll(1, 0)) - noise.uniform_(-1, 1))
        return corners

    def student_step(self, J, corners):
        """One Gibbs step of the student, corners -> centre -> corners."""
        J = J.detach()[:, None]
        noise = torch.empty_like(corners)
        up = torch.ones(())
        centre = torch.copysign(up, torch.tanh(J * corners.sum(0)) - noise[0].uniform_(-1, 1))
        return torch.copysign(up, torch.tanh(J * centre) - noise.uniform_(-1, 1))

    @staticmethod
    def log_two_cosh(x):
        x = x.abs()
        return x + torch.nn.functional.softplus(-2 * x)

    def student_log_weight(self, J, corners):
        """ln sum_hidden exp(J h sum_k v_k) = -F(v), shape (couplings, samples)."""
        return self.log_two_cosh(J[:, None] * corners.sum(0))

    def contrastive_divergence(self, J, coarse):
        data = self.teacher_samples(J)
        model = self.student_step(coarse, data)
        return (self.student_log_weight(coarse, model) - self.student_log_weight(coarse, data)).mean()

    def kullback_leibler(self, J, coarse):
        with torch.no_grad():
            fields = self.states + self.states.roll(-1, 0)
            fine = torch.log_softmax(self.log_two_cosh(J[:, None] * fields).sum(0), dim=1)
        student = torch.log_softmax(self.student_log_weight(coarse, self.states), dim=1)
        return (fine.exp() * (fine - student)).sum(1).mean()

    def train_epoch(self):
        """Propose couplings, evaluate the divergence, take one Adam step; the divergence in nat."""
        self.propose()
        loss = self.loss(self.J, self.J + self.velocity(self.J))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.epoch += 1
        return loss.detach()

    def critical_coupling(self, low=0.5, high=1.2):
        """The zero of f between `low` and `high`, by bisection; NaN if f does not change sign."""
        sign = lambda J: math.copysign(1, self.velocity(torch.tensor([J])).item())  # noqa: E731
        if sign(low) > 0 or sign(high) < 0:
            return math.nan
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if sign(middle) < 0 else (low, middle)
        return low


def epoch_seconds(divergence="cd", moderator="flow", repeats=20, *, threads=2, warmup=5, seed=0):
    """Seconds of each of `repeats` epochs after `warmup` epochs, as a list."""
    if UNAVAILABLE:
        raise RuntimeError(UNAVAILABLE)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trainer = Trainer(divergence, moderator, seed=seed)
        seconds = []
        for epoch in range(warmup + repeats):
            start = time.perf_counter()
            trainer.train_epoch()
            if epoch >= warmup:
                seconds.append(time.perf_counter() - start)
        return seconds
    finally:
        torch.set_num_threads(before)


def main():
    if UNAVAILABLE:
        print(UNAVAILABLE)
        return 0
    print(f"torch {torch.__version__}, 2 threads, milliseconds per epoch: median (best)")
    for moderator in MODERATORS:
        for divergence in DIVERGENCES:
            seconds = epoch_seconds(divergence, moderator, 40)
            print(f"{moderator:9s} {divergence}  {1e3 * statistics.median(seconds):7.2f} ({1e3 * min(seconds):.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One training epoch of machine-learning RG on the Lieb block, in plain batched PyTorch.

The method is that of Shen ("Learning Renormalization Group Flows for Lattices") for a flow, and
of Hou and You (arXiv:2306.11054) for a monotone: propose couplings J by HMC, carry them to
J' = J + v(J), compare teacher and student by CD-1 or by the exact KL over all visible states, one
step of Adam. Everything is float32 and batched over couplings and samples; the only loops are
those over time (sweeps, leapfrog steps, epochs) and, where one batch would fall out of the cache,
over chunks of couplings. The one-component block has closed forms, see `peer_mlrg_machines`.

    python peer_mlrg_torch.py                     # a table of seconds per epoch
    epoch_seconds("kl", "flow", "A1+E", 5)        # a list of seconds, one per epoch
"""

from __future__ import annotations

import math
import statistics
import sys
import time

from peer_mlrg_works import WORKS

try:
    import torch

    import peer_mlrg_machines as machines
except ImportError:
    torch = None

UNAVAILABLE = None if torch else "peer_mlrg_torch: PyTorch is not installed (pip install torch); skipped"

DIVERGENCES = ("cd", "kl")
LEARNING_RATE = 1e-3
LEAPFROG_STEPS = 32
EPOCHS = 4096


def beta(epoch):
    """The annealed weight of |v|^2 in the proposal of couplings."""
    return 16 / (1 + math.exp(-16 * (epoch - EPOCHS / 4) / EPOCHS))


def network(moderator, inputs, hidden):
    """f(J) with SiLU, or C(J) with LayerNorm and tanh after each hidden layer."""
    layers, width = [], inputs
    for following in hidden:
        layers.append(torch.nn.Linear(width, following))
        if moderator == "flow":
            layers.append(torch.nn.SiLU())
        else:
            layers += [torch.nn.LayerNorm(following), torch.nn.Tanh()]
        width = following
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, inputs if moderator == "flow" else 1))


class Trainer:
    """The state of a run: network, optimizer, couplings J of shape (batch, couplings)."""

    def __init__(self, divergence="cd", moderator="flow", representation="A1", seed=0):
        if divergence not in DIVERGENCES or (moderator, representation) not in WORKS:
            raise ValueError(f"divergence is one of {DIVERGENCES}, the rest one of {list(WORKS)}")
        torch.manual_seed(seed)
        self.work = WORKS[moderator, representation]
        self.block = machines.block(representation)
        self.divergence = divergence
        self.is_flow = moderator == "flow"
        self.network = network(moderator, self.block.couplings, self.work.hidden)
        # foreach applies one update to all parameters together: the fastest choice on a CPU.
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=LEARNING_RATE, foreach=True)
        self.J = torch.randn(self.work.couplings, self.block.couplings)
        self.epoch = 0

    def velocity(self, J, create_graph=True):
        """J' - J for J of shape (n, couplings): f(J), or -dC/dJ, with a graph back to J and the
        parameters."""
        if self.is_flow:
            return self.network(J)
        if not J.requires_grad:
            J = J.detach().requires_grad_()
        return -torch.autograd.grad(self.network(J).sum(), J, create_graph=create_graph)[0]

    def potential(self, J):
        """beta |v|^2 for each J, and its gradient."""
        J = J.detach().requires_grad_()
        energy = beta(self.epoch) * (self.velocity(J) ** 2).sum(1)
        return energy.detach(), torch.autograd.grad(energy.sum(), J)[0]

    def propose(self):
        """One HMC step of all couplings under exp(-beta |v|^2)."""
        energy, force = self.potential(self.J)
        J, step = self.J, self.work.step_size
        momentum = torch.randn_like(J)
        start = energy + 0.5 * (momentum**2).sum(1)
        for _ in range(LEAPFROG_STEPS):
            momentum = momentum - 0.5 * step * force
            J = J + step * momentum
            energy, force = self.potential(J)
            momentum = momentum - 0.5 * step * force
        accepted = torch.rand(len(J)) < torch.exp(start - energy - 0.5 * (momentum**2).sum(1))
        self.J = torch.where(accepted[:, None], J, self.J)

    def adjoint(self, J, coarse):
        """Mean divergence and its derivative in the student's couplings `coarse`."""
        total, gradients = 0.0, []
        size = self.block.chunk(self.divergence, self.work.samples)
        for fine, student in zip(J.split(size), coarse.split(size), strict=True):
            student = student.requires_grad_()
            if self.divergence == "cd":
                data = self.block.teacher_samples(fine, self.work.samples, self.work.sweeps)
                model = self.block.student_step(student, data)
                loss = (
                    self.block.student_log_weight(student, model)
                    - self.block.student_log_weight(student, data)).mean(1).sum()
            else:
                loss = self.block.divergence(fine, student).sum()
            gradients.append(torch.autograd.grad(loss, student)[0])
            total += loss.detach()
        return total / len(J), torch.cat(gradients) / len(J)

    def train_epoch(self):
        """Propose couplings, evaluate the divergence, take one Adam step; the divergence in nat."""
        self.propose()
        coarse = self.J + self.velocity(self.J)
        loss, adjoint = self.adjoint(self.J.detach(), coarse.detach())
        self.optimizer.zero_grad(set_to_none=True)
        coarse.backward(adjoint)
        self.optimizer.step()
        self.epoch += 1
        return loss

    def critical_coupling(self, low=0.5, high=1.2):
        """The zero of v between `low` and `high` for A1, by bisection; NaN without a sign change."""
        sign = lambda J: math.copysign(1, self.velocity(torch.tensor([[J]])).item())  # noqa: E731
        if sign(low) > 0 or sign(high) < 0:
            return math.nan
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if sign(middle) < 0 else (low, middle)
        return low


def epoch_seconds(
    divergence="cd", moderator="flow", representation="A1", repeats=20, *, threads=2, warmup=5, seed=0
):
    """Seconds of each of `repeats` epochs after `warmup` epochs, as a list."""
    if UNAVAILABLE:
        raise RuntimeError(UNAVAILABLE)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trainer = Trainer(divergence, moderator, representation, seed=seed)
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
    for moderator, representation in WORKS:
        for divergence in DIVERGENCES:
            repeats = 3 if WORKS[moderator, representation].couplings > 1000 else 20
            seconds = epoch_seconds(divergence, moderator, representation, repeats, warmup=2)
            print(
                f"{moderator:9s} {representation:6s} {divergence}  "
                f"{1e3 * statistics.median(seconds):8.2f} ({1e3 * min(seconds):.2f})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

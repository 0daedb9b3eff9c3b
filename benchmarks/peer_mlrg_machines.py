"""Teacher and student of the Lieb block in plain batched PyTorch, for `peer_mlrg_torch`.

    python peer_mlrg_machines.py     # compares the exact KL with this library's

Couplings have the shape (batch, couplings). Corner spins are opaque to the trainer: they go from
`teacher_samples` through `student_step` to `student_log_weight`.
"""

from __future__ import annotations

import torch

ROTATIONS = {"A1": [[1.0]], "E": [[0.0, -1.0], [1.0, 0.0]]}
MIRRORS = {"A1": [1], "E": [1, -1]}


def block(representation):
    return LiebA1() if representation == "A1" else LiebBlock(representation)


def log_two_cosh(x):
    x = x.abs()
    return x + torch.nn.functional.softplus(-2 * x)


def random_signs(*shape):
    return torch.copysign(torch.ones(()), torch.empty(shape).uniform_(-1, 1))


class LiebBlock:
    """Any sum of A1 and E, in the frame of the published programs.

    Weights are linear in J: W = J . T with constant tensors of shape (couplings, hidden, visible),
    visible unit 4 n being component b of corner k at k n + b.
    """

    def __init__(self, representation):
        irreps = [name for term in representation.split("+") for name in [term.lstrip("0123456789")] * int(
            term.removesuffix(term.lstrip("0123456789")) or 1)]
        mirror = [sign for name in irreps for sign in MIRRORS[name]]
        turn = torch.block_diag(*(torch.tensor(ROTATIONS[name]) for name in irreps))
        n = self.components = len(mirror)
        allowed = [(a, b) for a in range(n) for b in range(n) if mirror[a] == mirror[b]]
        self.couplings = len(allowed)
        self.teacher = torch.zeros(self.couplings, 4 * n, 4 * n)
        self.student = torch.zeros(self.couplings, n, 4 * n)
        for c, (a, b) in enumerate(allowed):
            bond = torch.zeros(n, n)
            bond[a, b] = 1
            bonds = [  # edge spin times vertex spin, in the four directions
                torch.matrix_power(turn, k) @ bond @ torch.matrix_power(turn, k).T for k in range(4)]
            for edge in range(4):
                rows = slice(edge * n, edge * n + n)
                for corner, direction in ((edge, edge), ((edge + 1) % 4, (edge + 2) % 4)):
                    self.teacher[c, rows, corner * n : corner * n + n] += bonds[direction]
            for corner in range(4):
                self.student[c, :, corner * n : corner * n + n] = bonds[corner].T
        bits = torch.arange(2 ** (4 * n))[:, None] >> torch.arange(4 * n) & 1
        self.states = 2.0 * bits - 1

    def chunk(self, divergence, samples):
        """Couplings worked on together, so that their spins stay in the cache."""
        rows, numbers = (samples, 1 << 18) if divergence == "cd" else (len(self.states), 1 << 22)
        return max(1, numbers // (rows * 4 * self.components))

    @staticmethod
    def weights(J, tensor):
        return torch.einsum("bc,chv->bhv", J, tensor)

    @torch.no_grad()
    def teacher_samples(self, J, samples, sweeps):
        """Corner spins, shape (batch, samples, visible), after sweeps from random spins."""
        W = self.weights(J, self.teacher)
        Wt = W.transpose(1, 2).contiguous()
        shape = (len(J), samples, 4 * self.components)
        corners, noise, up = random_signs(*shape), torch.empty(shape), torch.ones(())
        edges = torch.empty(shape)
        for _ in range(sweeps):  # p(s = +1) = (1 + tanh(field)) / 2
            torch.bmm(corners, Wt, out=edges).tanh_().sub_(noise.uniform_(-1, 1))
            torch.copysign(up, edges, out=edges)
            torch.bmm(edges, W, out=corners).tanh_().sub_(noise.uniform_(-1, 1))
            torch.copysign(up, corners, out=corners)
        return corners

    @torch.no_grad()
    def student_step(self, J, corners):
        """One Gibbs step of the student, corners -> centre -> corners."""
        W = self.weights(J, self.student)
        up = torch.ones(())
        field = torch.bmm(corners, W.transpose(1, 2)).tanh_()
        centre = torch.copysign(up, field.sub_(torch.empty_like(field).uniform_(-1, 1)))
        field = torch.bmm(centre, W).tanh_()
        return torch.copysign(up, field.sub_(torch.empty_like(field).uniform_(-1, 1)))

    def student_log_weight(self, J, corners):
        """ln sum_hidden exp(z W x) = -F(x), shape (batch, samples)."""
        W = self.weights(J, self.student)
        return log_two_cosh(torch.matmul(corners, W.transpose(1, 2))).sum(2)

    def divergence(self, J, coarse):
        """Exact KL in nat, shape (batch,), over all states of the corners."""
        with torch.no_grad():
            fields = torch.matmul(self.states, self.weights(J, self.teacher).transpose(1, 2))
            teacher = torch.log_softmax(log_two_cosh(fields).sum(2), dim=1)
        student = torch.log_softmax(self.student_log_weight(coarse, self.states), dim=1)
        return (teacher.exp() * (teacher - student)).sum(1)


class LiebA1:
    """One component: edge k joins the corners k and k + 1, the centre all of them.

    Spins have the shape (4, batch, samples). Each spin of the teacher has two neighbours: the sum
    s of both is -2, 0 or 2, and tanh(J s) = s tanh(2J) / 2 needs no function per sample.
    """

    couplings = 1

    def __init__(self):
        bits = torch.arange(16)[None, :] >> torch.arange(4)[:, None] & 1
        self.states = (2.0 * bits - 1)[:, None, :]

    def chunk(self, divergence, samples):
        return 1 << 30

    @torch.no_grad()
    def teacher_samples(self, J, samples, sweeps):
        response = 0.5 * torch.tanh(2 * J)
        noise, up = torch.empty(4, len(J), samples), torch.ones(())
        corners = random_signs(4, len(J), samples)
        for _ in range(sweeps):
            edges = torch.copysign(up, response * (corners + corners.roll(-1, 0)) - noise.uniform_(-1, 1))
            corners = torch.copysign(up, response * (edges + edges.roll(1, 0)) - noise.uniform_(-1, 1))
        return corners

    @torch.no_grad()
    def student_step(self, J, corners):
        noise, up = torch.empty_like(corners), torch.ones(())
        centre = torch.copysign(up, torch.tanh(J * corners.sum(0)) - noise[0].uniform_(-1, 1))
        return torch.copysign(up, torch.tanh(J * centre) - noise.uniform_(-1, 1))

    def student_log_weight(self, J, corners):
        return log_two_cosh(J * corners.sum(0))

    def divergence(self, J, coarse):
        with torch.no_grad():
            fields = self.states + self.states.roll(-1, 0)
            teacher = torch.log_softmax(log_two_cosh(J * fields).sum(0), dim=1)
        student = torch.log_softmax(self.student_log_weight(coarse, self.states), dim=1)
        return (teacher.exp() * (teacher - student)).sum(1)


def compare_with_library():
    """Asserts that the KL of random pairs, and its gradient, are this library's to float32."""
    from isingrg import mlrg

    torch.manual_seed(0)
    for representation in ("A1", "A1+E", "2A1+E"):
        machines = block(representation)
        fine, coarse = 0.3 * torch.randn(2, 5, machines.couplings)
        coarse.requires_grad_()
        divergence = machines.divergence(fine, coarse)
        gradient = torch.autograd.grad(divergence.sum(), coarse)[0]
        pairs = [J.detach().double().numpy() for J in (fine, coarse)]
        if representation == "A1":
            pairs = [J[:, 0] for J in pairs]
        exact, slope = mlrg.divergence(*pairs, representation, gradient=True)
        error = abs(divergence.detach().numpy() - exact).max()
        slope_error = abs(gradient.numpy().reshape(slope.shape) - slope).max()
        print(f"{representation}: KL {exact.max():.3g}, difference {error:.1e}, gradient {slope_error:.1e}")
        assert max(error, slope_error) < 2e-5 * max(1, exact.max())


if __name__ == "__main__":
    compare_with_library()

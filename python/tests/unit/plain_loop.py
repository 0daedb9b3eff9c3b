"""The loop of four tensors contracted as it is written, slowly, and finite differences."""

import numpy as np


def loop(first, second):
    """<X|Y>: four X and four Y around a plaquette of (d, a), which share the legs b and c."""
    layers = np.einsum("abcd,AbcD->aAdD", first, second)
    return float(np.einsum("aAdD,eEdD,eEfF,aAfF->", layers, layers, layers, layers, optimize=True))


def pair(student):
    """B[a, b, c, d] = sum_z S[z, a, b] S[z, d, c]."""
    return np.einsum("zab,zdc->abcd", student, student)


def cost(teacher, student, mu=0.0):
    norm = loop(teacher, teacher)
    product = pair(student)
    distance = loop(product, product) - 2 * loop(teacher, product)
    return 1 + distance / norm + mu * (student**2).sum() / norm ** (1 / 8)


def random_loop(legs, even_legs, bonds, even_bonds, seed=0):
    """A teacher with T[a, b, c, d] = T[d, c, b, a] and a student, both with charges."""
    random = np.random.default_rng(seed)
    leg = np.arange(legs) >= even_legs
    bond = np.arange(bonds) >= even_bonds
    charge = sum(np.ix_(leg * 1, leg * 1, leg * 1, leg * 1))
    teacher = random.normal(size=(legs,) * 4) * (charge % 2 == 0)
    teacher = teacher + teacher.transpose(3, 2, 1, 0)
    permitted = sum(np.ix_(bond * 1, leg * 1, leg * 1)) % 2 == 0
    return teacher, random.normal(size=(bonds, legs, legs)) * permitted, permitted


def ring(student):
    return np.einsum("iab,jeb,kef,laf->ijkl", *(student,) * 4, optimize=True)

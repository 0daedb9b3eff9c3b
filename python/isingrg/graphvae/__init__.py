"""Hierarchical graph variational autoencoder: a latent variable of every scale, from samples.

Graph convolutions and 2 x 2 pooling carry Ising configurations from scale to scale; each scale has
a latent variable of a few numbers, that of the last one is decoded, and the loss asks neighbouring
scales to agree, as couplings do at a fixed point of the renormalization group (T. Meng, "Learning
Renormalization-Group-Like Latent Variables with a Hierarchical GNN-VAE for the 2D Ising Model").
"""

from isingrg.graphvae.model import GraphVAE

__all__ = ["GraphVAE"]

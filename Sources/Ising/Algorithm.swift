/// The Markov chains that sample p(s) ~ exp(K sum_<ij> s_i s_j) on the square torus.
///
/// One sweep is L^2 site updates. For `wolff` it is a fixed number of clusters that flips L^2
/// sites on average.
public enum Algorithm: Int32, CaseIterable, Sendable {
    /// Single-cluster flips, U. Wolff, Phys. Rev. Lett. 62, 361 (1989),
    /// doi:10.1103/PhysRevLett.62.361.
    case wolff = 0
    /// All clusters at once, R. H. Swendsen and J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987),
    /// doi:10.1103/PhysRevLett.58.86.
    case swendsenWang = 1
    /// Single flips accepted with min(1, exp(-dE)), first one sublattice, then the other;
    /// N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114.
    case metropolis = 2
    /// Single spins drawn from their distribution given the neighbours, first one sublattice,
    /// then the other; R. J. Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954.
    case heatBath = 3

    /// Moves one spin at a time, so it slows down as xi^2.17 near the critical point.
    var isLocal: Bool { self == .metropolis || self == .heatBath }
}

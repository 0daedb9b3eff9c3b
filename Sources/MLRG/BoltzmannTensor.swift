/// log T(J)_{x0 x1 x2 x3} (Eq. 22 of Hou & You) of teacher or student. Corner states are numbered with
/// the first component as the most significant bit, and a cleared bit for spin +1.
///
/// - Parameter logarithms: 2^(4 components) numbers, x0 slowest.
public func boltzmannTensor(
    _ representation: Representation, _ machine: Machine, frame: Frame,
    couplings: UnsafePointer<Double>, into logarithms: UnsafeMutablePointer<Double>
) {
    let machine = machine.make(representation, frame: frame)
    let weights = machine.weights(couplings)
    let units = machine.visibleCount
    for index in 0..<1 << units {
        var bits = 0
        for v in 0..<units { bits |= (1 - index >> (units - 1 - v) & 1) << v }
        logarithms[index] = machine.logWeight(bits, weights: weights)
    }
}

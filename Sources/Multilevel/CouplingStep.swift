import Numerics

/// Where the spins come from that a step learns from, class by class.
protocol WeighedBlocks: Sendable {
    /// Where the spins of a class are in a block.
    func layout(of part: SamplerModel.LearnedClass) -> ClassLayout
    /// Blocks for a class.
    func blocks(of siteClass: SiteClass) -> Int
    /// One of them.
    func block(_ index: Int, of siteClass: SiteClass) -> SpinBlock
    /// Weights of the residuals and curvatures of its 64 configurations.
    func weights(_ index: Int) -> (residual: UnsafePointer<Float>, curvature: UnsafePointer<Float>)
}

/// How far a step goes.
struct StepRule {
    /// Times the Newton step.
    var rate = 1.0
    /// Added to the diagonal of the curvature.
    var damping = 0.0
    /// The couplings are drawn to zero by this much times their squares, halved.
    var ridge = 0.0
    /// The largest change of a coupling before it is multiplied by the rate.
    var largest = 0.7
}

extension SamplerModel {
    /// Changes the couplings of all classes from `firstSpacing` down by a Newton step.
    ///
    /// - Returns: the couplings to be taken over; the model does not change.
    func stepped(
        _ source: some WeighedBlocks, _ rule: StepRule, _ progress: Progress
    ) throws(Failure) -> Buffer<Double> {
        let tables = try cache.tables(of: self)
        let changed = try Buffer<Double>(count: couplings.count)
        changed.base.update(from: couplings.base, count: couplings.count)
        // The classes with most spins first: threads then end together.
        let parts = learned.filter { $0.basis.count > 0 }.sorted { work($0, source) > work($1, source) }
        let failure = Locked<Failure?>(nil)
        parallelFor(parts.count, progress: progress) { k in
            do throws(Failure) {
                try step(parts[k], tables, source, rule, changed, progress)
            } catch {
                failure.withLock { if $0 == nil { $0 = error } }
            }
        }
        try progress.check("training was interrupted; the model is at step \(step)")
        if let failure = failure.withLock({ $0 }) { throw failure }
        return changed
    }

    private func work(_ part: LearnedClass, _ source: some WeighedBlocks) -> Int {
        let siteClass = hierarchy.classes[part.index]
        return siteClass.sites.count * source.blocks(of: siteClass)
    }

    private func step(
        _ part: LearnedClass, _ tables: FieldTables, _ source: some WeighedBlocks, _ rule: StepRule,
        _ changed: Buffer<Double>, _ progress: Progress
    ) throws(Failure) {
        let siteClass = hierarchy.classes[part.index]
        let moments = try Moments(source.layout(of: part))
        for index in 0..<source.blocks(of: siteClass) {
            if progress.pollsToStop { return }
            let (residual, curvature) = source.weights(index)
            moments.add(
                source.block(index, of: siteClass), tables.classes[part.index], residual: residual,
                curvature: curvature)
        }
        let n = part.basis.count
        let (gradient, matrix) = try moments.sums(part.basis)
        let couplings = changed.base + part.offset
        // Sums in single precision leave a singular curvature not quite without negative eigenvalues.
        let rounding = 1e-6 * (0..<n).reduce(0) { max($0, matrix.base[$1 * n + $1]) }
        for i in 0..<n {
            gradient.base[i] -= rule.ridge * couplings[i]
            matrix.base[i * n + i] += rule.ridge + rule.damping + rounding
        }
        try solvePositive(matrix.base, gradient.base, count: n)
        var largest = 0.0
        for i in 0..<n { largest = max(largest, abs(gradient.base[i])) }
        guard largest.isFinite else { throw .nonFinite("a step of the couplings is not finite") }
        let scale = rule.rate * min(1, rule.largest / max(largest, .leastNormalMagnitude))
        for i in 0..<n { couplings[i] += scale * gradient.base[i] }
    }
}

/// Blocks that the model drew, with weights of their configurations.
final class WeighedBatch: WeighedBlocks, @unchecked Sendable {
    private let batch: Batch
    private let layouts: [ClassLayout]
    private let residual, curvature: Buffer<Float>

    /// Down the gradient of the reverse divergence: residuals weighed by ln w less its mean, cut off at
    /// three standard deviations, and curvatures alike.
    init(reverse batch: Batch, _ layouts: [ClassLayout]) throws(Failure) {
        (self.batch, self.layouts) = (batch, layouts)
        let (weights, count) = (batch.logWeights, batch.count)
        residual = try Buffer(count: weights.count)
        curvature = try Buffer(count: weights.count)
        let (mean, variance) = meanAndVariance(weights.base, count: count)
        let bound = 3 * variance.squareRoot()
        var sum = 0.0
        for k in 0..<count {
            let advantage = min(max(weights.base[k] - mean, -bound), bound)
            sum += advantage
            residual.base[k] = Float(advantage)
            curvature.base[k] = 1
        }
        for k in 0..<count { residual.base[k] -= Float(sum / Double(count)) }
    }

    /// Towards the target, or as far to it as the weights w^gamma leave an effective share of 0.3.
    init(forward batch: Batch, _ layouts: [ClassLayout]) throws(Failure) {
        (self.batch, self.layouts) = (batch, layouts)
        let (weights, count) = (batch.logWeights, batch.count)
        residual = try Buffer(count: weights.count)
        curvature = try Buffer(count: weights.count)
        let largest = maximum(weights.base, count: count)
        var gamma = 1.0
        while true {
            var (sum, squares) = (0.0, 0.0)
            for k in 0..<count {
                let weight = exp(SIMD8<Double>(repeating: gamma * (weights.base[k] - largest)))[0]
                residual.base[k] = Float(weight)
                sum += weight
                squares += weight * weight
            }
            if sum * sum > 0.3 * squares * Double(count) || gamma < 0.02 {
                for k in 0..<count {
                    residual.base[k] *= Float(Double(count) / sum)
                    curvature.base[k] = residual.base[k]
                }
                return
            }
            gamma *= 0.8
        }
    }

    func blocks(of siteClass: SiteClass) -> Int { batch.blocks }
    func block(_ index: Int, of siteClass: SiteClass) -> SpinBlock { batch.block(index) }
    func layout(of part: SamplerModel.LearnedClass) -> ClassLayout { layouts[part.index] }
    func weights(_ index: Int) -> (residual: UnsafePointer<Float>, curvature: UnsafePointer<Float>) {
        let first = index * SpinBlock.lanes
        return (UnsafePointer(residual.base + first), UnsafePointer(curvature.base + first))
    }
}

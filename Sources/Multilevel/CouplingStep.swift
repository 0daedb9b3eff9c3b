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
    /// Spins with random neighbours, so many for each coupling of a class, that count beside those of the
    /// batch and whose fields are right as they are. By the orthogonality of products they add to the
    /// diagonal their number times the products of an orbit. Without them the noise of the couplings
    /// together throws the fields of codes that a batch hardly shows to their bound.
    var spread = 0.0
    /// The largest change of a coupling before it is multiplied by the rate.
    var largest = 0.7
}

extension SamplerModel {
    /// Changes the couplings of all classes by a Newton step.
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
            let random = rule.spread * Double(n * part.basis.orbits[i].products.count)
            matrix.base[i * n + i] += rule.ridge + rule.damping + random + rounding
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
///
/// Residuals have v - 1 and curvatures v as their weights, where v is w^gamma divided by its mean. The
/// residuals of what the model draws have the mean 0, so that the 1 changes no mean, but lets the noise
/// vanish at the target. With gamma = 1 this goes down the divergence from the target to the model.
final class WeighedBatch: WeighedBlocks, @unchecked Sendable {
    private let batch: Batch
    private let layouts: [ClassLayout]
    private let residual, curvature: Buffer<Float>

    /// With gamma = 1, or as much of it as leaves an effective share of 0.3.
    ///
    /// - Parameter cut: standard deviations at which v is cut off above its mean. A few large weights make
    ///   most of the noise, but also tell what is seldom drawn.
    init(_ batch: Batch, _ layouts: [ClassLayout], cut: Double = 3) throws(Failure) {
        (self.batch, self.layouts) = (batch, layouts)
        let (logWeights, count) = (batch.logWeights, batch.count)
        residual = try Buffer(count: logWeights.count)
        curvature = try Buffer(count: logWeights.count)
        let largest = maximum(logWeights.base, count: count)
        var (gamma, mean, square) = (1.0, 0.0, 0.0)
        while true {
            (mean, square) = (0, 0)
            for k in 0..<count {
                let weight = exp(SIMD8<Double>(repeating: gamma * (logWeights.base[k] - largest)))[0]
                curvature.base[k] = Float(weight)
                mean += weight / Double(count)
                square += weight * weight / Double(count)
            }
            if mean * mean > 0.3 * square || gamma < 0.02 { break }
            gamma *= 0.8
        }
        let bound = 1 + cut * max(square / (mean * mean) - 1, 0).squareRoot()
        var sum = 0.0
        for k in 0..<count {
            let v = min(Double(curvature.base[k]) / mean, bound)
            curvature.base[k] = Float(v)
            sum += v
        }
        for k in 0..<count { residual.base[k] = curvature.base[k] - Float(sum / Double(count)) }
    }

    func blocks(of siteClass: SiteClass) -> Int { batch.blocks }
    func block(_ index: Int, of siteClass: SiteClass) -> SpinBlock { batch.block(index) }
    func layout(of part: SamplerModel.LearnedClass) -> ClassLayout { layouts[part.index] }
    func weights(_ index: Int) -> (residual: UnsafePointer<Float>, curvature: UnsafePointer<Float>) {
        let first = index * SpinBlock.lanes
        return (UnsafePointer(residual.base + first), UnsafePointer(curvature.base + first))
    }
}

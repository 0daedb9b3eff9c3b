import Numerics

extension SamplerModel {
    /// Maximum likelihood on Wolff configurations made here: Newton's method from no couplings.
    func startByLikelihood(seed: UInt64, _ progress: Progress) throws(Failure) {
        let count = min(max((1 << 26) / sites, 1024), 32768)
        let spins = try ExactConfigurations.wolff(
            self, count: count, seed: ExactConfigurations.derived(seed, 2), progress)
        let images = try Images(self, spins.base, count: count, seed: seed, progress)
        for _ in 0..<5 { replace(try stepped(images, StepRule(ridge: 20, largest: 1.5), progress)) }
    }

    /// Smaller lattices one after the other, each from the one before, then this one.
    func startByLadder(seed: UInt64, _ progress: Progress) throws(Failure) {
        var smaller: SamplerModel?
        var size = 4
        while size < configuration.size {
            var configuration = configuration
            configuration.size = size
            let model = try SamplerModel(configuration)
            try model.climb(from: smaller, seed: seed, progress)
            smaller = model
            size *= 2
        }
        try climb(from: smaller, seed: seed, progress)
        isStarted = false
    }

    /// Towards the target from the couplings of half the size: steps of Newton's method with weights until the
    /// effective sample size grows no more, at most twelve, then four shorter ones. The smallest lattice
    /// is learned from all of its configurations.
    private func climb(from smaller: SamplerModel?, seed: UInt64, _ progress: Progress) throws(Failure) {
        guard let smaller else {
            let all = try Enumeration(self)
            for _ in 0..<12 { replace(try stepped(all, StepRule(ridge: 1, largest: 1.5), progress)) }
            return
        }
        try adopt(smaller)
        let batch = try Batch(count: max(1 << 23 / sites, 16384), size: configuration.size)
        var round = 0
        func draw() throws(Failure) {
            try batch.draw(self, seed: seed, step: 1 << 40 | configuration.size << 20 | round, progress)
            try progress.check("training was interrupted; the model is at step \(step)")
            round += 1
        }
        func follow(_ rule: StepRule, cut: Double) throws(Failure) {
            replace(try stepped(try WeighedBatch(batch, layouts, cut: cut), rule, progress))
        }
        var last = 0.0
        while round < 12 {
            try draw()
            let share = batch.quality().share
            if share > 0.5 && share < 1.01 * last { break }
            last = share
            try follow(StepRule(spread: 64), cut: 1e9)
        }
        for rate in [0.8, 0.8, 0.5, 0.5] {
            try draw()
            try follow(StepRule(rate: rate, damping: 100, spread: 64), cut: 3)
        }
    }

    private func replace(_ changed: Buffer<Double>) {
        couplings.base.update(from: changed.base, count: couplings.count)
    }

    /// Takes over the couplings of a model of the same size or of half of it: of each class those of equal
    /// spacing, or those of half the spacing, which has as many sites, whichever shares more products
    /// with it. What the other does not have, as on the smallest lattices, is zero.
    ///
    /// - Throws: `invalidArgument` for a model of another size, or with other couplings.
    public func adopt(_ other: SamplerModel) throws(Failure) {
        var given = other.configuration
        guard [1, 2].contains(configuration.size / given.size), given.size <= configuration.size else {
            throw .invalidArgument(
                "the other model must have L = \(configuration.size) or half of it, not \(given.size)")
        }
        guard (given.field == 0) == (configuration.field == 0) else {
            throw .invalidArgument("either both models must have a field or none of them")
        }
        (given.size, given.coupling, given.field) = (configuration.size, configuration.coupling, configuration.field)
        guard given == configuration else {
            throw .invalidArgument("the other model must have equal numbers of neighbours and colours")
        }
        var found: [String: LearnedClass] = [:]
        for part in other.learned { found[other.hierarchy.classes[part.index].name] = part }
        for part in learned {
            let siteClass = hierarchy.classes[part.index]
            let coarser = "\(siteClass.spacing / 2).\(siteClass.position.rawValue).\(siteClass.colour)"
            let candidates = [found[siteClass.name], found[coarser]].compactMap { $0 }
                .map { shared(part, with: $0, of: other) }
            guard let first = candidates.first else { continue }
            let most = candidates.dropFirst().reduce(first) { $1.count > $0.count ? $1 : $0 }
            (couplings.base + part.offset).update(repeating: 0, count: part.basis.count)
            for (index, coupling) in most { couplings.base[part.offset + index] = coupling }
        }
        isStarted = true
    }

    /// The couplings that a class of another model has for orbits of this one, distances being in units of the
    /// spacing: of an orbit whose products it has all.
    private func shared(
        _ part: LearnedClass, with source: LearnedClass, of other: SamplerModel
    ) -> [(index: Int, coupling: Double)] {
        let given = UnsafeBufferPointer(start: other.couplings.base + source.offset, count: source.basis.count)
        let (here, there) = (neighbours(of: part), other.neighbours(of: source))
        if here == there && part.basis.orbits == source.basis.orbits { return Array(zip(given.indices, given)) }
        var known: [Set<Displacement>: Double] = [:]
        for (orbit, coupling) in zip(source.basis.orbits, given) {
            for product in orbit.products { known[Set(product.map { there[$0] })] = coupling }
        }
        return part.basis.orbits.enumerated().compactMap { index, orbit in
            let found = orbit.products.map { product in known[Set(product.map { here[$0] })] }
            guard let coupling = found[0], !found.contains(nil) else { return nil }
            return (index, coupling)
        }
    }

    /// Where the neighbours of a class are, in units of its spacing.
    private func neighbours(of part: LearnedClass) -> [Displacement] {
        let siteClass = hierarchy.classes[part.index]
        return siteClass.neighbourhood.displacements.map {
            Displacement(row: $0.row / siteClass.spacing, column: $0.column / siteClass.spacing)
        }
    }
}

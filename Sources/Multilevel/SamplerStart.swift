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
        let batch = try Batch(count: 16384, size: configuration.size)
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
            try follow(StepRule(damping: 20, ridge: 4), cut: 1e9)
        }
        for rate in [0.8, 0.8, 0.5, 0.5] {
            try draw()
            try follow(StepRule(rate: rate, damping: 100), cut: 3)
        }
    }

    private func replace(_ changed: Buffer<Double>) {
        couplings.base.update(from: changed.base, count: couplings.count)
    }

    /// Takes over the couplings of a model of the same size or of half of it: of each class those of equal
    /// spacing where the surroundings are alike, and else those of half the spacing, which has as
    /// many sites. Where both differ, as on the smallest lattices, only the nearest spins.
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
            let same = candidates.first { $0.basis.orbits == part.basis.orbits }
            guard let source = same ?? candidates.last else { continue }
            let nearest = min(3, source.basis.singles, part.basis.singles)
            let target = couplings.base + part.offset
            target.update(repeating: 0, count: part.basis.count)
            target.update(
                from: other.couplings.base + source.offset, count: same == nil ? nearest : part.basis.count)
        }
        isStarted = true
    }
}

import CIsingRG
import NeuralRG
import Numerics

extension ChainPlan {
    init(_ c: isingrg_neuralrg_chains) throws(Failure) {
        self.init()
        space = try choice(c.space, "space", SamplingSpace.self)
        adapts = try integer(Int64(c.adapts), "adapts", 0...1) == 1
        (chains, samples) = (try whole(c.n_chains, "n_chains"), try whole(c.n_samples, "n_samples"))
        (warmup, between) = (try whole(c.warmup, "warmup"), try whole(c.between, "between"))
        randomLength = try integer(Int64(c.random_length), "random_length", 0...1) == 1
        (leapfrog, stepSize) = (try whole(c.leapfrog, "leapfrog"), c.step_size)
        seed = c.seed
        try validate()
    }
}

@_cdecl("isingrg_neuralrg_hmc")
public func isingrg_neuralrg_hmc(
    _ model: OpaquePointer?, _ chains: UnsafePointer<isingrg_neuralrg_chains>?,
    _ start: UnsafePointer<Double>?, _ samples: UnsafeMutablePointer<Double>?, _ samplesCount: Int64,
    _ acceptance: UnsafeMutablePointer<Double>?, _ stepSize: UnsafeMutablePointer<Double>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    reading(model) { (model: FlowModel) throws(Failure) in
        let plan = try ChainPlan(try required(chains, "chains").pointee)
        let (samples, acceptance) = (try required(samples, "samples"), try required(acceptance, "acceptance"))
        let stepSize = try required(stepSize, "step_size")
        // At most 2^20 x 2^30 x 2^12 elements.
        let needed = plan.chains * plan.samples * model.shape.sites
        guard samplesCount == Int64(needed) else {
            throw .invalidArgument("samples must have \(needed) elements, not \(samplesCount)")
        }
        if let start { try finite(start, count: plan.chains * model.shape.sites, "start") }
        let progress = progress(total: plan.updates, function, context)
        let report = try model.sampleTarget(plan, from: start, into: samples, progress: progress)
        acceptance.update(from: report.acceptance.base, count: report.acceptance.count)
        stepSize.pointee = report.stepSize
    }
}

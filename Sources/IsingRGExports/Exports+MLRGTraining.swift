import CIsingRG
import MLRG
import Numerics

extension Training {
    /// - Parameter couplings: of the model that is trained.
    init(_ c: isingrg_mlrg_training, couplings: Int) throws(Failure) {
        self.init()
        steps = try whole(c.steps, "steps")
        scheduleSteps = try whole(c.schedule_steps, "schedule_steps")
        batch = try whole(c.batch, "batch")
        (learningRate, finalLearningRate) = (c.learning_rate, c.final_learning_rate)
        (weightDecay, clipNorm) = (c.weight_decay, c.clip_norm)
        (betaMax, betaRate, betaMidpoint) = (c.beta_max, c.beta_rate, c.beta_midpoint)
        proposal = try choice(c.proposal, "proposal", ProposalKind.self)
        (replicas, ray) = (Int(c.replicas), c.ray)
        (rayLow, rayHigh) = (c.ray_low, c.ray_high)
        (raySteps, rayNoise) = (c.ray_steps, c.ray_noise)
        (proposalScale, couplingBound) = (c.proposal_scale, c.coupling_bound)
        (hmcStep, hmcLeapfrog, hmcUpdates) = (c.hmc_step, Int(c.hmc_leapfrog), Int(c.hmc_updates))
        (cdSamples, teacherSweeps) = (Int(c.cd_samples), Int(c.teacher_sweeps))
        studentSweeps = Int(c.student_sweeps)
        seed = c.seed
        guard let first = Int(exactly: c.record_from) else { return }
        recordFrom = first
        let guess = try required(c.record_guess, "record_guess")
        try finite(guess, count: couplings, "record_guess")
        recordGuess = Array(UnsafeBufferPointer(start: guess, count: couplings))
    }
}

extension StepRecord {
    fileprivate func append(to history: HistoryRows) {
        history.append([
            ISINGRG_MLRG_LOSS: loss, ISINGRG_MLRG_ACCEPTANCE: acceptance, ISINGRG_MLRG_SWAP_RATE: swapRate,
            ISINGRG_MLRG_BETA: beta, ISINGRG_MLRG_FIXED_POINT: fixedPoint,
        ])
    }
}

@_cdecl("isingrg_mlrg_fit")
public func isingrg_mlrg_fit(
    _ model: OpaquePointer?, _ training: UnsafePointer<isingrg_mlrg_training>?,
    _ history: UnsafeMutablePointer<Double>?, _ historyCount: Int64,
    _ done: UnsafeMutablePointer<UInt64>?, _ function: isingrg_progress?,
    _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(model) { (model: MLRGModel) throws(Failure) in
        let training = try Training(
            try required(training, "training").pointee, couplings: model.dimension)
        let rows = try HistoryRows(
            history, count: historyCount, done, steps: training.steps, columns: ISINGRG_MLRG_COLUMNS)
        let progress = progress(total: training.steps, function, context)
        try model.fit(training, progress: progress) { $0.append(to: rows) }
    }
}

@_cdecl("isingrg_mlrg_fit_many")
public func isingrg_mlrg_fit_many(
    _ handles: UnsafePointer<OpaquePointer?>?, _ trainings: UnsafePointer<isingrg_mlrg_training>?,
    _ count: Int64, _ histories: UnsafePointer<UnsafeMutablePointer<Double>?>?,
    _ historyCounts: UnsafePointer<Int64>?, _ outcomes: UnsafeMutablePointer<isingrg_mlrg_outcome>?,
    _ function: isingrg_progress?, _ context: UnsafeMutableRawPointer?
) -> isingrg_status {
    changing(handles, count) { (models: [MLRGModel]) throws(Failure) in
        let outcomes = try required(outcomes, "outcomes")
        for index in models.indices { outcomes[index] = isingrg_mlrg_outcome() }
        let settings = try required(trainings, "trainings")
        let histories = try required(histories, "histories")
        let historyCounts = try required(historyCounts, "history_counts")
        var trainings: [Training] = []
        var rows: [HistoryRows] = []
        for (index, model) in models.enumerated() {
            trainings.append(try Training(settings[index], couplings: model.dimension))
            rows.append(
                try HistoryRows(
                    histories[index], count: historyCounts[index],
                    field(outcomes + index, \.done), steps: trainings[index].steps,
                    columns: ISINGRG_MLRG_COLUMNS))
        }
        // More steps than permitted are refused model by model; their sum must not overflow.
        let total = trainings.reduce(0) { $0 + min($1.steps, 1 << 32) }
        let progress = progress(total: total, function, context)
        let failures = MLRGModel.fit(models, trainings, progress: progress) { [rows] in
            $1.append(to: rows[$0])
        }
        for (index, failure) in failures.enumerated() {
            guard let failure else { continue }
            outcomes[index].status = isingrg_status(failure.code)
            copy(failure.message, into: outcomes + index)
        }
        if progress.isStopped { throw .interrupted("training was interrupted") }
        progress.finish()
    }
}

/// A pointer to a field of a C structure.
private func field<Root, Value>(
    _ pointer: UnsafeMutablePointer<Root>, _ path: KeyPath<Root, Value>
) -> UnsafeMutablePointer<Value> {
    (UnsafeMutableRawPointer(pointer) + MemoryLayout<Root>.offset(of: path)!)
        .assumingMemoryBound(to: Value.self)
}

/// The beginning of a message as a C string.
private func copy(_ message: String, into outcome: UnsafeMutablePointer<isingrg_mlrg_outcome>) {
    withUnsafeMutableBytes(of: &outcome.pointee.message) { bytes in
        bytes.copyBytes(from: message.utf8.prefix(bytes.count - 1))
    }
}

import Learning
import Numerics
import Testing

@Suite struct AdamTests {
    /// Two updates by hand: g = 1 then -2, so m = 0.1, -0.11 and v = 0.001, 0.004999 before the
    /// corrections 0.1, 0.19 and 0.001, 0.001999.
    @Test func twoStepsByHand() throws {
        let adam = try Adam(count: 1, learningRate: 0.1, epsilon: 0)
        var parameter = 3.0
        adam.update(&parameter, gradient: [1])
        #expect(abs(parameter - 2.9) < 1e-15)
        adam.update(&parameter, gradient: [-2], scale: 0.5)
        let expected = 2.9 + 0.05 * (0.11 / 0.19) / (4.999 / 1.999).squareRoot()
        #expect(abs(parameter - expected) < 1e-14)
        #expect(adam.step == 2)
        #expect(abs(adam.firstMoment[0] + 0.11) < 1e-16 && abs(adam.secondMoment[0] - 0.004999) < 1e-17)
    }

    /// The decay is part of the gradient and so goes through the moments: with no other gradient
    /// the first step has the length of the learning rate, whatever the decay.
    @Test func weightDecayIsPartOfTheGradient() throws {
        let adam = try Adam(count: 2, learningRate: 0.01, epsilon: 0, weightDecay: 0.3)
        var parameters = [2.0, -5]
        adam.update(&parameters, gradient: [0, 0])
        #expect(abs(parameters[0] - 1.99) < 1e-15 && abs(parameters[1] + 4.99) < 1e-15)
    }

    /// Eight parameters are updated side by side, and what is left over one by one: 19 parameters
    /// together move as each alone.
    @Test func manyParametersMoveAsEachAlone() throws {
        let together = try Adam(count: 19, learningRate: 0.1, weightDecay: 0.3)
        let alone = try (0..<19).map { _ in try Adam(count: 1, learningRate: 0.1, weightDecay: 0.3) }
        var x = (0..<19).map { Double($0) - 9.3 }
        var y = x
        for step in 0..<5 {
            let gradient = (0..<19).map { 1 / (Double($0 * (step + 1)) - 31.5) }
            together.update(&x, gradient: gradient, scale: 0.7)
            for i in 0..<19 { alone[i].update(&y[i], gradient: [gradient[i]], scale: 0.7) }
        }
        for i in 0..<19 { #expect(abs(x[i] - y[i]) < 1e-14 * 10) }
    }

    @Test func findsTheMinimumOfAQuadratic() throws {
        let (stiffness, minimum) = ([0.1, 1, 10, 1000], [1.0, -2, 0.5, 3])
        let adam = try Adam(count: 4, learningRate: 0.05)
        let schedule = Schedule.cosine(final: 0)
        var x = [0.0, 0, 0, 0]
        for step in 0..<2000 {
            let gradient = (0..<4).map { stiffness[$0] * (x[$0] - minimum[$0]) }
            adam.update(&x, gradient: gradient, scale: schedule.factor(step: step, of: 2000))
        }
        for i in 0..<4 { #expect(abs(x[i] - minimum[i]) < 1e-6) }
    }

    @Test func aRestoredStateContinuesWithTheSameBits() throws {
        func gradient(_ x: [Double]) -> [Double] { x.map { $0 * $0 * $0 - 1 } }
        let adam = try Adam(count: 3)
        var x = [2.0, -1, 0.3]
        for _ in 0..<5 { adam.update(&x, gradient: gradient(x)) }
        let restored = try Adam(count: 3)
        restored.step = adam.step
        for i in 0..<3 {
            restored.firstMoment[i] = adam.firstMoment[i]
            restored.secondMoment[i] = adam.secondMoment[i]
        }
        var y = x
        for _ in 0..<5 {
            adam.update(&x, gradient: gradient(x))
            restored.update(&y, gradient: gradient(y))
        }
        #expect(x == y)
    }

    @Test func refusesWrongSettings() {
        #expect(throws: Failure.self) { try Adam(count: 1, learningRate: -1) }
        #expect(throws: Failure.self) { try Adam(count: 1, beta2: 1) }
        #expect(throws: Failure.self) { try Adam(count: 1, weightDecay: .nan) }
    }

    @Test func clipsTheGlobalNorm() {
        var gradient = (0..<19).map { Double($0) - 7 }
        let before = gradient
        let norm = before.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(clipGlobalNorm(&gradient, count: 19, maximum: 100) - norm) < 1e-13)
        #expect(gradient == before)
        #expect(abs(clipGlobalNorm(&gradient, count: 19, maximum: 2) - norm) < 1e-13)
        for i in 0..<19 { #expect(abs(gradient[i] - before[i] * 2 / norm) < 1e-15) }
        gradient[3] = .infinity
        let infinite = gradient
        #expect(clipGlobalNorm(&gradient, count: 19, maximum: 2) == .infinity)
        #expect(gradient == infinite)
    }
}

@Suite struct ScheduleTests {
    @Test func endPoints() {
        #expect(Schedule.constant.factor(step: 77, of: 100) == 1)

        let cosine = Schedule.cosine(final: 0.1)
        #expect(cosine.factor(step: 0, of: 100) == 1)
        #expect(abs(cosine.factor(step: 50, of: 100) - 0.55) < 1e-15)
        #expect(abs(cosine.factor(step: 100, of: 100) - 0.1) < 1e-15)
        #expect(cosine.factor(step: 1000, of: 100) == cosine.factor(step: 100, of: 100))

        let exponential = Schedule.exponential(final: 0.01)
        #expect(exponential.factor(step: 0, of: 10) == 1)
        #expect(abs(exponential.factor(step: 5, of: 10) - 0.1) < 1e-15)
        #expect(abs(exponential.factor(step: 10, of: 10) - 0.01) < 1e-17)

        let step = Schedule.step(every: 30, factor: 0.5)
        #expect([0, 29, 30, 59, 60].map { step.factor(step: $0, of: 100) } == [1, 1, 0.5, 0.5, 0.25])

        let warm = Schedule.warmUp(steps: 4, then: .exponential(final: 0.25))
        #expect([0, 1, 2, 3, 4].map { warm.factor(step: $0, of: 12) } == [0.25, 0.5, 0.75, 1, 1])
        #expect(abs(warm.factor(step: 8, of: 12) - 0.5) < 1e-15)
        #expect(abs(warm.factor(step: 12, of: 12) - 0.25) < 1e-15)
    }
}

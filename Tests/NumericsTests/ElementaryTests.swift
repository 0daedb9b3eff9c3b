#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Numerics
import Testing

#if arch(x86_64)
typealias Wide = Float80
let referenceError = 0.0
#else
typealias Wide = Double
let referenceError = 1.0  // libm in the same precision
#endif

/// Errors of the vector functions against libm in the next wider precision. The bounds are the
/// largest error seen in these sweeps, in ulp of the result, rounded up to a tenth.
@Suite struct ElementaryTests {
    @Test func exponential() {
        #expect(worst(exp, exp) < 1.0)
        #expect(worstWide(exp, exp) < 1.1)
    }

    @Test func logarithm() {
        #expect(worst(log, log) < 0.9)
        #expect(worstWide(log, log) < 0.8)
    }

    @Test func roots() {
        #expect(worst(squareRoot, in: .leastNormalMagnitude ... .greatestFiniteMagnitude) { $0.squareRoot() } < 0.8)
        #expect(worstWide(squareRoot, in: .leastNormalMagnitude ... .greatestFiniteMagnitude) { $0.squareRoot() } < 0.6)
        #expect(squareRoot(SIMD8<Double>.zero) == .zero && squareRoot(SIMD16<Float>.zero) == .zero)
    }

    @Test func hyperbolicTangent() {
        #expect(worst(tanh, tanh) < 2.4)
        #expect(worstWide(tanh, tanh) < 2.6)
    }

    @Test func logHyperbolicCosine() {
        #expect(worst(logCosh) { $0.magnitude < 20 ? log1p(2 * pow(sinh($0 / 2), 2)) : $0.magnitude - log(2) } < 4.2)
        #expect(
            worstWide(logCosh) { $0.magnitude < 40 ? log1p(2 * sinh($0 / 2) * sinh($0 / 2)) : $0.magnitude - log(2) }
                < 5.9)
    }

    @Test func logistic() {
        #expect(worst(sigmoid) { 1 / (1 + exp(-$0)) } < 2.2)
        #expect(worstWide(sigmoid) { 1 / (1 + exp(-$0)) } < 2.4)
    }

    @Test func softPlus() {
        #expect(worst(softplus) { max($0, 0) + log1p(exp(-$0.magnitude)) } < 1.8)
        #expect(worstWide(softplus) { max($0, 0) + log1p(exp(-$0.magnitude)) } < 1.8)
    }

    @Test func exponentialLinearToAnAbsoluteError() {
        for i in -60_000...20_000 {
            let x = Float(i) / 500
            let value = quickElu(SIMD16(repeating: x))[7]
            #expect(x > 0 ? value == x : abs(Double(value) - expm1(Double(x))) < 1.5e-7)
        }
        let special = quickElu(
            SIMD16(-.infinity, .infinity, .nan, -0.0, -1e-30, 1e-30, -88, -1e30, 0, 0, 0, 0, 0, 0, 0, 0))
        #expect(special[0] == -1 && special[1] == .infinity && special[2].isNaN && special[3].magnitude < 1e-37)
        #expect(special[4].magnitude < 1e-6 && special[5] == 1e-30 && special[6] == -1 && special[7] == -1)
    }

    @Test func partBelowZero() {
        let x = SIMD16<Float>(-.infinity, .infinity, -1e-37, 1e-37, -2, 3, -0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let part = negativePart(x)
        for i in 0..<16 { #expect(part[i] == min(x[i], 0)) }
        #expect(negativePart(SIMD16<Float>(repeating: -.nan))[3].isNaN)
        #expect(
            negativePart(SIMD8<Double>(repeating: -2.5))[1] == -2.5
                && negativePart(SIMD8<Double>(repeating: 2.5))[7] == 0)
    }

    @Test func exponentialLinear() {
        #expect(worst(elu) { $0 < 0 ? expm1($0) : $0 } < 1.0)
        #expect(worstWide(elu) { $0 < 0 ? expm1($0) : $0 } < 1.3)
        #expect(worst(eluDerivative) { $0 < 0 ? exp($0) : $0.isNaN ? $0 : 1 } < 1.0)
        #expect(worstWide(eluDerivative) { $0 < 0 ? exp($0) : $0.isNaN ? $0 : 1 } < 1.1)
    }

    @Test func sigmoidLinear() {
        #expect(worst(silu, in: -87...Float.infinity) { $0 / (1 + exp(-$0)) } < 2.9)
        #expect(worstWide(silu, in: -708...Double.infinity) { $0 / (1 + exp(-$0)) } < 2.9)
        for i in 0..<4000 {
            let x = -87 - Double(i) / 128
            #expect(abs(Double(silu(SIMD16<Float>(repeating: Float(x)))[0]) - x * exp(x)) < 2e-43)
            let y = silu(SIMD8<Double>(repeating: 8.2 * x))[0]
            #expect(abs(y - 8.2 * x * exp(8.2 * x)) < 0x1p-1063)
        }
    }

    /// An absolute bound, because the derivative has a zero.
    @Test func sigmoidLinearDerivative() {
        func exact(_ x: Double) -> Double { (1 + x / (1 + exp(x))) / (1 + exp(-x)) }
        for i in -100_000...100_000 {
            let x = Double(i) / 1024
            #expect(abs(Double(siluDerivative(SIMD16<Float>(repeating: Float(x)))[3]) - exact(x)) < 2e-7)
            #expect(abs(siluDerivative(SIMD8<Double>(repeating: x))[3] - exact(x)) < 6e-16)
        }
        let limits = siluDerivative(SIMD8<Double>(.infinity, -.infinity, .nan, 0, 0, 0, 0, 0))
        #expect(limits[0] == 1 && limits[1] == 0 && limits[2].isNaN && limits[3] == 0.5)
    }

    @Test func circle() {
        func turn(_ u: Wide) -> (r: Wide, quadrant: Int) {
            let quarters = (4 * u).rounded()
            return (2 * Wide.pi * (u - quarters / 4), Int(quarters) & 3)
        }
        func sine(_ u: Wide) -> Wide {
            let (r, quadrant) = turn(u)
            return [sin(r), cos(r), -sin(r), -cos(r)][quadrant]
        }
        func cosine(_ u: Wide) -> Wide {
            let (r, quadrant) = turn(u)
            return [cos(r), -sin(r), -cos(r), sin(r)][quadrant]
        }
        let floats = -1_048_576...Float(1_048_576)
        #expect(worst({ sinCos2Pi($0).sin }, in: floats) { Double(sine(Wide($0))) } < 1.0)
        #expect(worst({ sinCos2Pi($0).cos }, in: floats) { Double(cosine(Wide($0))) } < 0.9)
        let doubles = -0x1p49...0x1p49
        #expect(worstWide({ sinCos2Pi($0).sin }, in: doubles, sine) < 1.0)
        #expect(worstWide({ sinCos2Pi($0).cos }, in: doubles, cosine) < 0.9)
        #expect(sinCos2Pi(SIMD8<Double>(repeating: .infinity)).sin[0].isNaN)
    }

    /// Signs of zero, limits, and NaN, which the sweeps compare by value only.
    @Test func limits() {
        let x = SIMD8<Double>(
            0.0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, -1)
        #expect(tanh(x)[0].sign == .plus && tanh(x)[1].sign == .minus)
        #expect(tanh(x)[5] == .leastNonzeroMagnitude && tanh(x)[6] == -.leastNonzeroMagnitude)
        #expect(elu(x)[1].sign == .minus && silu(x)[1].sign == .minus)
        #expect(log(x)[0] == -.infinity && log(x)[1] == -.infinity && log(x)[7].isNaN)
        #expect(silu(x)[3] == 0)
        for f in [exp, log, tanh, logCosh, sigmoid, softplus, elu, eluDerivative, silu]
            as [(SIMD8<Double>) -> SIMD8<Double>]
        {
            #expect(f(x)[4].isNaN)
        }
        let y = SIMD16<Float>(
            0.0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, -1, 0, 0, 0, 0, 0,
            0, 0, 0)
        #expect(tanh(y)[0].sign == .plus && tanh(y)[1].sign == .minus)
        #expect(tanh(y)[5] == .leastNonzeroMagnitude && tanh(y)[6] == -.leastNonzeroMagnitude)
        #expect(log(y)[0] == -.infinity && log(y)[7].isNaN)
        #expect(silu(y)[3] == 0)
        for f in [exp, log, tanh, logCosh, sigmoid, softplus, elu, eluDerivative, silu]
            as [(SIMD16<Float>) -> SIMD16<Float>]
        {
            #expect(f(y)[4].isNaN)
        }
    }
}

/// The largest error in ulp over every 997th bit pattern of Float within the range.
private func worst(
    _ f: (SIMD16<Float>) -> SIMD16<Float>, in range: ClosedRange<Float> = -.infinity ... .infinity,
    _ reference: (Double) -> Double
) -> Double {
    var largest = 0.0
    var bits: UInt32 = 0
    for _ in 0..<(1 << 32) / (16 * 997) {
        var x = SIMD16<Float>()
        for lane in 0..<16 {
            x[lane] = Float(bitPattern: bits)
            bits &+= 997
        }
        if bits == 16 * 997 {
            x = SIMD16(
                0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
                .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, -.leastNormalMagnitude,
                0x1p-140, -0x1p-140, 88.7, -88.7, 103.9, -103.9)
        }
        let y = f(x)
        for lane in 0..<16 where range.contains(x[lane]) {
            let exact = reference(Double(x[lane]))
            let rounded = Float(exact)
            if y[lane] == rounded || y[lane].isNaN && exact.isNaN { continue }
            let ulp = Double(max(rounded.ulp, .leastNonzeroMagnitude))
            let error = abs(Double(y[lane]) - exact) / ulp
            largest = max(largest, error.isNaN ? .infinity : error)
        }
    }
    return largest
}

/// The largest error in ulp over a sweep of all Double bit patterns and of -800 ... 800, of -2 ... 2
/// and of the neighbourhood of zero.
private func worstWide(
    _ f: (SIMD8<Double>) -> SIMD8<Double>, in range: ClosedRange<Double> = -.infinity ... .infinity,
    _ reference: (Wide) -> Wide
) -> Double {
    var largest = 0.0
    var stream = RandomStream(seed: 1, purpose: .test)
    for round in 0..<60_000 {
        let uniform = 2 * stream.nextUniform() - 1
        var x: SIMD8<Double>
        switch round % 4 {
        case 0: x = unsafeBitCast(stream.nextBits(), to: SIMD8<Double>.self)
        case 1: x = 800 * uniform
        case 2: x = 2 * uniform
        default: x = uniform * exp(SIMD8<Double>(repeating: -Double(round) / 100))
        }
        if round == 0 {
            x = SIMD8(
                -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
                .leastNonzeroMagnitude, 0x1p-1030, -0.0)
        }
        let y = f(x)
        for lane in 0..<8 where range.contains(x[lane]) {
            let exact = reference(Wide(x[lane]))
            let rounded = Double(exact)
            if y[lane] == rounded || y[lane].isNaN && exact.isNaN { continue }
            let ulp = Wide(max(rounded.ulp, .leastNonzeroMagnitude))
            let error = Double(abs(Wide(y[lane]) - exact) / ulp) - referenceError
            largest = max(largest, error.isNaN ? .infinity : error)
        }
    }
    return largest
}

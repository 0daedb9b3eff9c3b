import Learning
import Numerics

/// The tokenizer, the first graph convolution of level 0 and the product of the second, for each of
/// the patterns that a site can be in; see `SitePatterns`.
final class PatternTable<Scalar: RowScalar> {
    private typealias Line = Scalar.Vector

    /// X W^T / 5 of the second convolution, for each pattern.
    let products: Rows<Scalar>
    private let shape: VAEShape
    /// For each of the ten classes: spin and h, hidden features, token, first convolution's product.
    private let features, hidden, tokens, classProducts: Rows<Scalar>
    /// What the first convolution gives, for each pattern.
    private let outputs: Rows<Scalar>
    // Adjoints; of the classes for each stripe.
    private let sums, adjoints: Rows<Scalar>?
    private let classAdjoints, tokenAdjoints: Rows<Scalar>?

    /// Stripes of patterns that threads share. A part of what is computed, so that the number of
    /// threads is not.
    static var stripes: Int { 4 }

    init(_ shape: VAEShape, trains: Bool) throws(Failure) {
        self.shape = shape
        let classes = SitePatterns.classCount
        let (token, width) = (shape.token.outputs.padded, shape.convolution(0, 0).outputs.padded)
        features = try Rows(count: classes, width: Axis.unit)
        hidden = try Rows(count: classes, width: token)
        tokens = try Rows(count: classes, width: token)
        classProducts = try Rows(count: classes, width: width)
        outputs = try Rows(count: SitePatterns.count, width: width)
        products = try Rows(count: SitePatterns.count, width: width)
        sums = trains ? try Rows(count: SitePatterns.count, width: width) : nil
        adjoints = trains ? try Rows(count: SitePatterns.count, width: width) : nil
        classAdjoints = trains ? try Rows(count: Self.stripes * classes, width: width) : nil
        tokenAdjoints = trains ? try Rows(count: 2 * classes, width: token) : nil
        for index in 0..<classes {
            let (spin, interaction) = SitePatterns.features(index)
            features.base[index * Axis.unit] = Scalar(spin)
            features.base[index * Axis.unit + 1] = Scalar(interaction)
        }
    }

    private func patterns(of stripe: Int) -> Range<Int> {
        stripe * SitePatterns.count / Self.stripes..<(stripe + 1) * SitePatterns.count / Self.stripes
    }

    /// Computes everything anew.
    func update(_ parameters: UnsafePointer<Scalar>) {
        let classes = SitePatterns.classCount
        let (first, second) = (shape.convolution(0, 0), shape.convolution(0, 1))
        shape.tokenHidden.apply(parameters, features.base, count: classes, into: hidden.base)
        hidden.rectify(classes)
        shape.token.apply(parameters, hidden.base, count: classes, into: tokens.base)
        tokens.rectify(classes)
        first.multiply(parameters, tokens.base, count: classes, scale: 0.2, into: classProducts.base)
        parallelFor(Self.stripes) { stripe in
            let range = patterns(of: stripe)
            gather(range, bias: lines(first.biases(parameters)))
            second.multiply(
                parameters, outputs.base + range.lowerBound * outputs.width, count: range.count, scale: 0.2,
                into: products.base + range.lowerBound * products.width)
        }
    }

    private func gather(_ range: Range<Int>, bias: UnsafePointer<Line>) {
        SitePatterns.shared.classes.withUnsafeBufferPointer { classes in
            for pattern in range {
                let five = classes.baseAddress! + 5 &* pattern
                let target = outputs[pattern]
                let (a, b, c) = (row(five[0]), row(five[1]), row(five[2]))
                let (d, e) = (row(five[3]), row(five[4]))
                for f in 0..<outputs.lines {
                    target[f] = Scalar.rectified(bias[f] + (a[f] + ((b[f] + c[f]) + (d[f] + e[f]))))
                }
            }
        }
    }

    @inline(__always)
    private func row(_ index: UInt8) -> UnsafeMutablePointer<Line> { classProducts[Int(index)] }

    /// From adjoints of `products`, the sum over `gradients` in their order, to those of the parameters.
    /// - Parameters:
    ///   - gradients: (patterns, hidden) each.
    ///   - parts: packed gradients to add to, one for each stripe.
    func backward(
        _ parameters: UnsafePointer<Scalar>, _ gradients: [UnsafeMutablePointer<Scalar>],
        to parts: [UnsafeMutablePointer<Scalar>]
    ) {
        guard let sums, let adjoints, let classAdjoints, let tokenAdjoints else { preconditionFailure() }
        let classes = SitePatterns.classCount
        let (first, second) = (shape.convolution(0, 0), shape.convolution(0, 1))
        parallelFor(Self.stripes) { stripe in
            let range = patterns(of: stripe)
            let offset = range.lowerBound * sums.width
            add(gradients, range, into: sums)
            second.addWeightGradient(
                sums.base + offset, outputs.base + offset, count: range.count, scale: 0.2, to: parts[stripe])
            second.multiplyBack(
                parameters, sums.base + offset, count: range.count, scale: 0.2, into: adjoints.base + offset)
            let target = classAdjoints.base + stripe * classes * classAdjoints.width
            target.update(repeating: 0, count: classes * classAdjoints.width)
            scatter(range, adjoints, bias: lines(first.biasGradient(parts[stripe])), into: lines(target))
        }
        for stripe in 1..<Self.stripes {
            let (target, source) = (classAdjoints[0], classAdjoints[stripe * classes])
            for i in 0..<classes * classAdjoints.lines { target[i] += source[i] }
        }
        let (tokenAdjoint, hiddenAdjoint) = (tokenAdjoints.base, tokenAdjoints.base + classes * tokenAdjoints.width)
        first.addWeightGradient(classAdjoints.base, tokens.base, count: classes, scale: 0.2, to: parts[0])
        first.multiplyBack(parameters, classAdjoints.base, count: classes, scale: 0.2, into: tokenAdjoint)
        slope(tokenAdjoint, tokens, shape.token, parts[0])
        shape.token.addWeightGradient(tokenAdjoint, hidden.base, count: classes, to: parts[0])
        shape.token.multiplyBack(parameters, tokenAdjoint, count: classes, into: hiddenAdjoint)
        slope(hiddenAdjoint, hidden, shape.tokenHidden, parts[0])
        shape.tokenHidden.addWeightGradient(hiddenAdjoint, features.base, count: classes, to: parts[0])
    }

    private func add(_ gradients: [UnsafeMutablePointer<Scalar>], _ range: Range<Int>, into sums: Rows<Scalar>) {
        let (first, count) = (range.lowerBound * sums.width, range.count * sums.lines)
        let target = lines(sums.base + first)
        target.update(repeating: Line(repeating: 0), count: count)
        for gradient in gradients {
            let values = lines(gradient + first)
            for i in 0..<count { target[i] += values[i] }
        }
    }

    /// Back through `gather`.
    private func scatter(
        _ range: Range<Int>, _ adjoints: Rows<Scalar>, bias: UnsafeMutablePointer<Line>,
        into target: UnsafeMutablePointer<Line>
    ) {
        let width = adjoints.lines
        SitePatterns.shared.classes.withUnsafeBufferPointer { classes in
            for pattern in range {
                let (values, outer) = (outputs[pattern], adjoints[pattern])
                for f in 0..<width {
                    outer[f] *= Scalar.step(values[f])
                    bias[f] += outer[f]
                }
                for site in 0..<5 {
                    let sum = target + Int(classes[5 &* pattern &+ site]) &* width
                    for f in 0..<width { sum[f] += outer[f] }
                }
            }
        }
    }

    /// Back through the rectifier of a layer of the tokenizer, and its bias.
    private func slope(
        _ adjoint: UnsafeMutablePointer<Scalar>, _ values: Rows<Scalar>, _ layer: LinearLayer,
        _ gradients: UnsafeMutablePointer<Scalar>
    ) {
        let (outer, bias) = (lines(adjoint), lines(layer.biasGradient(gradients)))
        for index in 0..<SitePatterns.classCount {
            let (row, value) = (outer + index * values.lines, values[index])
            for f in 0..<values.lines {
                row[f] *= Scalar.step(value[f])
                bias[f] += row[f]
            }
        }
    }
}

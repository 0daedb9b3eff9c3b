import Numerics

/// The field of a class for every code, as the kernels look it up.
package final class FieldTable: Sendable {
    /// The bits of a number: the field without the far orbits.
    let fields: Buffer<Int32>
    /// The same, or without far orbits the `Threshold` that belongs to the field.
    let words: Buffer<Int32>
    /// The couplings of the far orbits.
    let far: [Float]
    /// The field with the far orbits is at most this in magnitude.
    let bound: Float

    /// - Parameters:
    ///   - fields: of the codes.
    ///   - far: couplings of the far orbits.
    ///   - bound: of the magnitude of fields; what is beyond is cut off.
    init(
        _ layout: ClassLayout, fields given: UnsafePointer<Double>, far: [Double], bound: Double = .infinity
    ) throws(Failure) {
        self.far = far.map { Float($0) }
        self.bound = Float(bound)
        let fields = try Buffer<Double>(count: layout.codes)
        for code in 0..<layout.codes {
            fields.base[code] = far.isEmpty ? min(max(given[code], -bound), bound) : given[code]
        }
        self.fields = try Buffer(count: layout.codes)
        for code in 0..<layout.codes {
            self.fields.base[code] = Int32(bitPattern: Float(fields.base[code]).bitPattern)
        }
        guard far.isEmpty else {
            words = self.fields
            return
        }
        words = try Buffer(count: layout.codes)
        for code in 0..<layout.codes { words.base[code] = Threshold.of(fields.base[code]) }
    }
}

/// The probability of the less probable spin in units of 2^-31: from 1 to 2^30.
enum Threshold {
    /// Its complement, and so negative, where the field is negative: where +1 is less probable.
    static func of(_ field: Double) -> Int32 {
        let probability = 1 / (1 + exp(SIMD8<Double>(repeating: 2 * abs(field)))[0])
        let threshold = Int32(max(1, (probability * 0x1p31).rounded()))
        return field < 0 ? ~threshold : threshold
    }
}

/// The tables of all classes of a model with its present couplings.
package final class FieldTables: Sendable {
    package let classes: [FieldTable]

    package init(_ model: SamplerModel) throws(Failure) {
        let configuration = model.configuration
        var tables: [FieldTable] = []
        var learned = model.learned.makeIterator()
        for (siteClass, layout) in zip(model.hierarchy.classes, model.layouts) {
            switch siteClass.kind {
            case .learned: tables.append(try FieldTables.table(model, learned.next()!, layout))
            case .exact:
                let fields =
                    siteClass.position == .bonds
                    ? ExactField.bond(coupling: configuration.coupling, field: configuration.field)
                    : ExactField.centre(coupling: configuration.coupling, field: configuration.field)
                tables.append(try FieldTable(layout, fields: fields, far: []))
            }
        }
        classes = tables
    }

    private static func table(
        _ model: SamplerModel, _ part: SamplerModel.LearnedClass, _ layout: ClassLayout
    ) throws(Failure) -> FieldTable {
        let couplings = model.couplings.base + part.offset
        let fields = try Buffer<Double>(count: layout.codes)
        for (index, products) in part.basis.coded {
            for product in products { fields.base[product] += couplings[index] }
        }
        walshTransform(fields.base, count: fields.count)
        return try FieldTable(
            layout, fields: fields.base, far: part.basis.far.map { couplings[$0.index] },
            bound: model.configuration.largestField)
    }
}

import Learning
import Numerics

extension VAEModel: TrainedModel {
    public static let method = "graphvae"
    public var parameterCount: Int { shape.parameterCount }
    public var rowsDone: Int { epoch }

    /// The weight (outputs, inputs) and bias of every layer, then the optimiser's moments and counts.
    public var stateArrays: [StateArray] {
        let layers = shape.layers.flatMap { layer in
            let (inputs, outputs) = (layer.inputs.count, layer.outputs.count)
            return [
                StateArray.numbers(
                    layer.name + ".weight", rows: outputs, columns: inputs, in: parameters, offset: layer.weight),
                StateArray.numbers(layer.name + ".bias", rows: outputs, in: parameters, offset: layer.bias),
            ]
        }
        return layers + StateArray.moments(optimiser, rows: parameterCount) + [
            .whole("epoch", epoch) { [self] in epoch = $0 },
            .whole("step", step) { [optimiser] in optimiser.step = $0 },
        ]
    }
}

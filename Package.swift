// swift-tools-version: 6.0
import PackageDescription

// Arrows run one way: Numerics <- Learning <- Ising <- methods <- IsingRGExports.
// A method never imports another method.
let package = Package(
    name: "isingrg",
    products: [
        .library(name: "isingrg", type: .dynamic, targets: ["IsingRGExports"])
    ],
    targets: [
        // MARK: Foundations
        .target(name: "CLanes"),
        .target(name: "CForks"),
        .target(name: "Numerics", dependencies: ["CLanes", "CForks"]),
        .target(name: "Learning", dependencies: ["Numerics"]),
        .target(name: "Ising", dependencies: ["Numerics"]),

        // MARK: Methods
        .target(name: "MLRG", dependencies: ["CLanes", "Numerics", "Learning"]),
        .target(name: "NeuralRG", dependencies: ["CLanes", "Numerics", "Learning", "Ising"]),
        .target(name: "GraphVAE", dependencies: ["Numerics", "Learning", "Ising"]),
        .target(name: "Multilevel", dependencies: ["CLanes", "Numerics", "Learning", "Ising"]),

        // MARK: Monte Carlo renormalization
        .target(name: "MCRG", dependencies: ["Numerics", "Ising"]),

        // MARK: Tensor networks
        .target(name: "TensorRG", dependencies: ["Numerics"]),

        // MARK: Boundary
        .target(name: "CIsingRG"),
        .target(
            name: "IsingRGExports",
            dependencies: [
                "CForks", "CIsingRG", "Numerics", "Learning", "Ising", "MLRG", "NeuralRG", "GraphVAE",
                "Multilevel", "MCRG", "TensorRG",
            ]),

        // MARK: Tests
        .target(
            name: "LearningReference", dependencies: ["Learning", "Numerics"], path: "Tests/LearningReference"),
        .testTarget(name: "NumericsTests", dependencies: ["Numerics"]),
        .testTarget(name: "LearningTests", dependencies: ["Learning", "LearningReference", "Numerics"]),
        .testTarget(name: "IsingTests", dependencies: ["Ising", "Numerics"]),
        .testTarget(name: "MLRGTests", dependencies: ["MLRG", "Learning", "LearningReference", "Numerics"]),
        .testTarget(name: "NeuralRGTests", dependencies: ["NeuralRG", "Learning", "Numerics", "Ising"]),
        .testTarget(name: "GraphVAETests", dependencies: ["GraphVAE", "Learning", "Numerics", "Ising"]),
        .testTarget(name: "TensorRGTests", dependencies: ["TensorRG", "Numerics"]),
        .testTarget(name: "MCRGTests", dependencies: ["MCRG", "Numerics", "Ising"]),
        .testTarget(name: "MultilevelTests", dependencies: ["Multilevel", "Learning", "Numerics", "Ising"]),
    ],
    swiftLanguageModes: [.v6]
)

"""Arrays of other libraries go in, and results go out, through DLPack without a copy."""

import ctypes
import functools

import numpy as np
import pytest

import isingrg
from isingrg import ArgumentError, graphvae, ising, mlrg, neuralrg, statistics
from isingrg._shared import arguments

CPU, CUDA, CUDA_HOST = 1, 2, 3


class Exported:
    """An array that offers nothing but DLPack."""

    def __init__(self, array, device=CPU):
        self.array, self.device_type = np.asarray(array), device

    @property
    def ndim(self):
        return self.array.ndim

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device_type, 0


SPINS = ising.sample(8, 0.4, 12, seed=1)[0]
FIELDS = np.random.default_rng(1).normal(size=(4, 4, 4))
COUPLINGS = np.array([0.25, 0.5, 0.75])


@functools.cache
def flow():
    return neuralrg.NeuralRG(4, 0.3, layers=2, hidden=(4,)).fit(2, 8)


@functools.cache
def autoencoder():
    return graphvae.GraphVAE(8, latent=2, hidden=4, token=4, levels=2).fit(SPINS, 3, 4)


@functools.cache
def moderator():
    return mlrg.MLRG("A1", hidden=(4,)).fit(2, 4)


def masks(array):
    return neuralrg.NeuralRG(4, layers=2, hidden=(4,), masks=array).fit(1, 4).masks


def grid(array):
    table = isingrg.ensemble(lambda K: ising.log_partition(4, K), {"K": array})
    return np.asarray(table["value"])


@pytest.mark.parametrize(
    "function, array",
    [
        (ising.energy, SPINS),
        (ising.magnetization, SPINS),
        (ising.block_spin, SPINS),
        (lambda K: ising.sample(4, K, 2), COUPLINGS),
        (lambda K: ising.log_partition(4, K), COUPLINGS),
        (lambda K: ising.log_partition(4, K), COUPLINGS[0]),
        (ising.spontaneous_magnetization, COUPLINGS),
        (statistics.mean_and_error, np.random.default_rng(1).normal(size=400)),
        (mlrg.exact_map, COUPLINGS),
        (mlrg.scaling_dimensions, COUPLINGS),
        (lambda J: moderator().velocity(J), COUPLINGS),
        (lambda J: moderator().flow(J, 3), COUPLINGS),
        (lambda J: mlrg.MLRG("2A1", hidden=(4,)).fit(1, 4, record_guess=J).step, np.ones(4) / 2),
        (lambda x: neuralrg.log_density(x, 0.3), FIELDS),
        (neuralrg.sample_spins, FIELDS),
        (neuralrg.haar, FIELDS),
        (lambda x: flow().log_prob(x), FIELDS),
        (lambda x: flow().encode(x)[0], FIELDS),
        (lambda x: flow().hmc(4, 2, step_size=0.1, start=x).x, FIELDS),
        (masks, np.array([[[True, False], [False, True]], [[True, False], [True, False]]])),
        (lambda spins: autoencoder().encode(spins)[0][0], SPINS),
        (lambda spins: autoencoder().basins(spins, resamples=20).centres, SPINS),
        (lambda values: statistics.bootstrap(np.mean, values, resamples=20).error, COUPLINGS),
        (grid, COUPLINGS),
    ],
)  # fmt: skip
def test_exported_arrays_are_as_good_as_arrays(function, array):
    assert np.array_equal(function(Exported(array)), function(array))


def test_exported_spins_train_the_same_model():
    settings = dict(latent=2, hidden=4, token=4, levels=2)
    model = graphvae.GraphVAE(8, **settings).fit(Exported(SPINS), 3, 4)
    assert np.array_equal(model.history["loss"], autoencoder().history["loss"])


@pytest.mark.parametrize("device", [CPU, CUDA_HOST])
def test_nothing_is_copied_where_the_form_is_right(device):
    assert np.shares_memory(arguments.spins(Exported(SPINS, device)), SPINS)
    assert np.shares_memory(arguments.reals("K", Exported(COUPLINGS, device)), COUPLINGS)


def test_other_dtypes_and_layouts_are_converted():
    turned = np.swapaxes(SPINS.astype(np.float32), 1, 2)
    assert np.array_equal(arguments.spins(Exported(turned)), turned)
    assert arguments.reals("K", Exported(COUPLINGS[::2].astype("f4"))).tolist() == [0.25, 0.75]


def test_other_devices_are_refused():
    with pytest.raises(ArgumentError, match=r"K must be in the memory of the CPU.*DLPack type 2"):
        ising.log_partition(4, Exported(COUPLINGS, CUDA))


def test_wrong_contents_are_refused_by_name():
    with pytest.raises(ArgumentError, match=r"K must be finite"):
        ising.sample(4, Exported([np.nan]), 1)
    with pytest.raises(TypeError, match=r"K must hold real numbers, not complex128"):
        ising.log_partition(4, Exported([1j]))


def test_what_cannot_be_exported_is_refused():
    class Refusing(Exported):
        def __dlpack__(self, **options):
            raise BufferError("it is a secret")

    with pytest.raises(TypeError, match=r"spins cannot be read .* Refusing: it is a secret"):
        ising.energy(Refusing(SPINS))


class Minus(Exported):
    """A tensor of PyTorch that is read with a minus, which its export forgets."""

    def resolve_neg(self):
        return Exported(-self.array)


def test_a_minus_that_is_not_in_memory_is_not_forgotten():
    assert ising.magnetization(Minus(-np.ones((4, 4), np.int8))) == 1
    assert grid(Minus(-COUPLINGS)).tolist() == grid(COUPLINGS).tolist()


class WithoutMemory(Exported):
    """A tensor of zeros, a fake or a freed one: NumPy fills in whatever is in new memory."""

    def __dlpack__(self, **options):
        capsule = self.array.__dlpack__()
        address = ctypes.pythonapi.PyCapsule_GetPointer
        address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        ctypes.c_void_p.from_address(address(capsule, b"dltensor")).value = None
        return capsule


def test_what_has_no_memory_is_refused():
    with pytest.raises(TypeError, match=r"K cannot be read .* WithoutMemory: it has no memory"):
        ising.log_partition(4, WithoutMemory(COUPLINGS))
    assert arguments.from_dlpack("K", WithoutMemory(np.empty((0, 3)))).shape == (0, 3)


def test_masks_in_lists_are_seen():
    row = np.ma.masked_array([0.1, 0.2], [False, True])
    for value in (row, [row, row], ([0.1, row[1]],)):
        with pytest.raises(ArgumentError, match="K must have no masked values"):
            ising.log_partition(4, value)
    with pytest.raises(ArgumentError, match=r"settings\['K'\] must have no masked values"):
        grid(row)


@pytest.mark.parametrize(
    "array",
    [
        np.broadcast_to(0.4, 3),
        np.array([0.4, 0.4, 0.4], ">f8"),
        np.frombuffer(np.array([0.4, 0.4, 0.4]).tobytes()),
        np.frombuffer(b"x" + np.array([0.4, 0.4, 0.4]).tobytes(), "V1")[1:].view("f8"),
        np.ma.masked_array([0.4, 0.4, 0.4], False),
        np.array([0.4, 9, 0.4, 9, 0.4])[::2],
    ],
    ids=["without strides", "swapped", "read-only", "not aligned", "maskable", "strided"],
)
def test_unusual_arrays_of_numpy(array):
    assert (ising.log_partition(4, array) == ising.log_partition(4, 0.4)).all()


# PyTorch


def test_tensors_of_torch_are_shared():
    torch = pytest.importorskip("torch")
    spins, couplings = torch.from_numpy(SPINS.copy()), torch.from_numpy(COUPLINGS.copy())
    assert arguments.spins(spins).ctypes.data == spins.data_ptr()
    assert arguments.reals("K", couplings).ctypes.data == couplings.data_ptr()
    assert np.array_equal(ising.energy(spins), ising.energy(SPINS))
    assert ising.log_partition(4, torch.tensor(0.5)) == ising.log_partition(4, 0.5)


def test_tensors_of_torch_that_cannot_be_shared():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"K cannot be read .* require gradient.*detach"):
        ising.log_partition(4, torch.ones(3, requires_grad=True))
    with pytest.raises(TypeError, match=r"K cannot be read .* Tensor.*meta"):
        ising.log_partition(4, torch.ones(3, device="meta"))
    with pytest.raises(TypeError, match=r"K cannot be read .* Tensor"):
        ising.log_partition(4, torch.ones(3, dtype=torch.bfloat16))


def test_what_torch_has_not_computed_yet():
    """Views with a sign or a conjugation to come, tensors without memory, and wrapped ones."""
    torch = pytest.importorskip("torch")
    minus = torch.complex(torch.zeros(4, 4), torch.ones(4, 4)).conj().imag
    assert minus.is_neg() and ising.magnetization(minus) == -1
    assert ising.magnetization(minus.detach()) == -1
    freed = torch.ones(3)
    freed.untyped_storage().resize_(0)
    lazy = [
        torch.ones(3, dtype=torch.complex64).conj(),
        torch._efficientzerotensor(3),
        torch.ones(3).to_sparse(),
        freed,
    ]
    for tensor in lazy:
        with pytest.raises(TypeError, match=r"K cannot be read .* Tensor"):
            ising.log_partition(4, tensor)
    with pytest.raises(TypeError, match=r"K cannot be read"):
        torch.func.vmap(lambda K: ising.log_partition(4, K))(torch.ones(3))
    with pytest.raises(TypeError, match=r"K cannot be read"):
        torch.func.functionalize(lambda K: ising.log_partition(4, K))(torch.ones(3))
    expanded = ising.log_partition(4, torch.tensor([0.5]).expand(3))
    assert (expanded == ising.log_partition(4, 0.5)).all()


def test_results_are_taken_by_torch():
    torch = pytest.importorskip("torch")
    for result in (ising.sample(4, 0.4, 3), flow().sample(2), moderator().velocity(COUPLINGS)):
        tensor = torch.from_dlpack(result)
        assert tensor.data_ptr() == result.ctypes.data and tuple(tensor.shape) == result.shape


# JAX


def test_arrays_of_jax_are_shared():
    jax = pytest.importorskip("jax")
    spins = jax.numpy.asarray(SPINS)
    assert arguments.spins(spins).ctypes.data == spins.unsafe_buffer_pointer()
    assert np.array_equal(ising.energy(spins), ising.energy(SPINS))
    assert ising.log_partition(4, jax.numpy.array(0.5)) == ising.log_partition(4, 0.5)


def test_results_are_taken_by_jax():
    jax = pytest.importorskip("jax")
    result = ising.sample(4, 0.4, 3)
    assert np.array_equal(jax.numpy.from_dlpack(result), result)


def test_arrays_that_jax_has_given_away():
    jax = pytest.importorskip("jax")
    deleted = jax.numpy.ones(3)
    deleted.delete()
    donated = jax.numpy.ones(3)
    jax.jit(lambda K: K + 1, donate_argnums=0)(donated)
    for array in (deleted, donated):
        with pytest.raises(TypeError, match=r"K cannot be read"):
            ising.log_partition(4, array)


def test_traced_arrays_of_jax_are_refused():
    jax = pytest.importorskip("jax")
    with pytest.raises(TypeError, match=r"K cannot be read .* from \w*Tracer"):
        jax.jit(lambda K: ising.log_partition(4, K))(0.5)

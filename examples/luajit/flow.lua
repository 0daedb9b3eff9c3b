-- A NeuralRG that Python's model.save wrote: a safetensors file, which is eight bytes that tell the
-- length of a header in JSON, the header, and the arrays one after the other.

local ffi = require("ffi")
local isingrg = require("isingrg")
local json = require("json")
local library, check = isingrg.library, isingrg.check

local STRUCTURES = {
  mera = library.ISINGRG_NEURALRG_MERA, tebd = library.ISINGRG_NEURALRG_TEBD,
  tree = library.ISINGRG_NEURALRG_TREE,
}

-- The header and the bytes of the arrays.
local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  assert(#bytes >= 8, path .. ": no safetensors file")
  local prefix = ffi.new("uint64_t[1]")
  ffi.copy(prefix, bytes, 8)
  local behind = 8 + tonumber(prefix[0])
  assert(behind <= #bytes, path .. ": no safetensors file")
  local good, header = pcall(json.parse, bytes:sub(9, behind))
  assert(good and type(header) == "table", path .. ": no safetensors file")
  return header, bytes:sub(behind + 1)
end

-- An untrained model of the saved configuration.
local function create(described)
  local saved, masks = described.configuration, {}
  for _, row in ipairs(saved.masks or {}) do
    for _, mask in ipairs(row) do masks[#masks + 1] = mask end
  end
  local hidden = ffi.new("int32_t[?]", #saved.hidden, saved.hidden)
  local kept = ffi.new("int32_t[?]", #masks, masks)
  return isingrg.create("neuralrg", ffi.new("isingrg_neuralrg_config", {
    rows = saved.L, columns = saved.L, coupling = saved.K, structure = STRUCTURES[saved.structure],
    block = saved.block or 2, neighbours = saved.conditioner == "neighbours" and 1 or 0,
    depth = saved.depth or 0, repeats = saved["repeat"], layers = saved.layers,
    bijector = saved.bijector == "linear" and library.ISINGRG_NEURALRG_LINEAR or 0,
    n_hidden = #saved.hidden, hidden = hidden, symmetric = saved.symmetric and 1 or 0,
    masks = #masks > 0 and kept or nil, masks_count = #masks, seed = described.network_seed,
  }))
end

-- An array of float64, and how many numbers it holds.
local function floats(header, arrays, name)
  local array = header[name]
  assert(array and array.dtype == "F64", "the array " .. name .. " is missing")
  local first, last = unpack(array.data_offsets)
  assert(first <= last and last <= #arrays, "the array " .. name .. " is cut off")
  local count = (last - first) / 8
  local values = isingrg.numbers(count)
  ffi.copy(values, arrays:sub(first + 1, last), 8 * count)
  return values, count
end

-- The model, its L and its K.
local function load(path)
  local header, arrays = read(path)
  local metadata = header.__metadata__ or {}
  -- Version 2 tells the settings of the last training as well, 3 the target and 4 the symmetry.
  assert(metadata.format == "isingrg.neuralrg" and (metadata.format_version or ""):match("^[1234]$"),
    path .. ": no NeuralRG of format version 1 to 4")
  local described = json.parse(metadata.model)
  local saved = described.configuration
  assert(saved.target == nil and saved.symmetry == nil,
    path .. ": its target or its symmetry is not that of the dual Ising model")
  local model = create(described)
  local count, name, shape = ffi.new("int32_t[1]"), ffi.new("char[64]"), ffi.new("int64_t[2]")
  check(library.isingrg_model_array_count(model, count))
  for index = 0, count[0] - 1 do -- every array from the one of the same name in the file
    check(library.isingrg_model_array_info(model, index, name, 64, shape))
    local values, numbers = floats(header, arrays, ffi.string(name))
    check(library.isingrg_model_write_array(model, index, values, numbers))
  end
  return model, saved.L, saved.K
end

return { load = load }

-- The library from LuaJIT: Monte Carlo, an MLRG trained on A1, and a NeuralRG that Python saved.
--
--     luajit example.lua model.safetensors [steps]
--
-- Numbers go to standard output, and are the ones that Python gives for the same seeds; progress
-- goes to standard error. Ctrl-C ends the training early.

package.path = (arg[0]:match("(.*/)") or "./") .. "?.lua;" .. package.path

local ffi = require("ffi")
local isingrg = require("isingrg")
local flow = require("flow")
local library, check, numbers = isingrg.library, isingrg.check, isingrg.numbers

local K_CRITICAL = ffi.new("double[1]", 0.44068679350977151) -- ln(1 + sqrt 2) / 2
local SIZE, CHAINS, DRAWS, FLOW_SAMPLES = 16, 2, 50, 256

local function printf(format, ...)
  io.write(format:format(...), "\n")
end

local function monte_carlo()
  local sites, n = SIZE * SIZE, CHAINS * DRAWS
  local spins = ffi.new("int8_t[?]", n * sites)
  local energies, means, exact = numbers(n), numbers(n), numbers(1)
  check(isingrg.reporting("sampling", function(report)
    return library.isingrg_ising_sample(
      SIZE, K_CRITICAL, 1, CHAINS, DRAWS, -1, -1, library.ISINGRG_ISING_WOLFF, 1, spins,
      n * sites, report, nil)
  end))
  check(library.isingrg_ising_energy(spins, n, SIZE, energies, nil, nil))
  check(library.isingrg_ising_magnetization(spins, n, SIZE, means, nil, nil))
  check(library.isingrg_ising_exact_torus(SIZE, K_CRITICAL, 1, nil, exact, nil, nil, nil))
  local energy, order = 0, 0
  for i = 0, n - 1 do
    energy, order = energy + energies[i], order + math.abs(means[i])
  end
  printf("energy per site: %.17g exact %.17g", energy / (n * sites), exact[0] / sites)
  printf("mean |m|: %.17g", order / n)
  print("last configuration:")
  for i = (n - 1) * sites, n * sites - 1, SIZE do
    local row = {}
    for j = 1, SIZE do row[j] = spins[i + j - 1] > 0 and "#" or "." end
    print(table.concat(row))
  end
end

local function train(steps)
  local hidden, guess = ffi.new("int32_t[1]", 64), ffi.new("double[1]", 0.8)
  local model = isingrg.create("mlrg", ffi.new("isingrg_mlrg_config", {
    representation = "A1", moderator = library.ISINGRG_MLRG_MONOTONE,
    divergence = library.ISINGRG_MLRG_KL, transport = library.ISINGRG_MLRG_STEP,
    frame = library.ISINGRG_MLRG_PUBLISHED, activation = library.ISINGRG_MLRG_TANH,
    n_hidden = 1, hidden = hidden, seed = 0,
  }))
  local training = ffi.new("isingrg_mlrg_training", { -- the defaults of Python's MLRG.fit
    steps = steps, schedule_steps = steps, batch = 32,
    learning_rate = 2e-2, final_learning_rate = 1e-5, clip_norm = 0.02,
    beta_max = 16, beta_rate = 16, beta_midpoint = 0.25,
    proposal = library.ISINGRG_MLRG_SQUARED, replicas = 1, proposal_scale = 1, coupling_bound = 2,
    hmc_step = 0.1, hmc_leapfrog = 4, hmc_updates = 1,
    cd_samples = 512, teacher_sweeps = 32, student_sweeps = 1,
    record_from = 0xffffffffffffffffULL, seed = 0,
  })
  local columns = library.ISINGRG_MLRG_COLUMNS
  local history, done = numbers(steps * columns), ffi.new("uint64_t[1]")
  local status = isingrg.reporting("training", function(report)
    return library.isingrg_mlrg_fit(
      model, training, history, steps * columns, done, report, nil)
  end)
  if status == library.ISINGRG_INTERRUPTED then
    -- What is trained remains, and could be trained further.
    io.stderr:write(("\nstopped at step %d of %d\n"):format(tonumber(done[0]), steps))
    os.exit(130)
  end
  check(status)
  local point, velocity, slope = numbers(1), numbers(1), numbers(1)
  check(library.isingrg_mlrg_fixed_point(model, guess, point, nil, nil))
  check(library.isingrg_mlrg_velocity(model, point, 1, velocity, slope, nil, nil))
  local last = (tonumber(done[0]) - 1) * columns
  printf("loss: %.17g", history[last + library.ISINGRG_MLRG_LOSS])
  printf("J*: %.17g exact 0.8139196792", point[0])
  printf("slope: %.17g exact 1.3567966", 1 + slope[0])
end

local function evaluate(model, size, coupling)
  local n, sites = FLOW_SAMPLES, size * size
  local x, z, back = numbers(n * sites), numbers(n * sites), numbers(n * sites)
  local log_q, log_pi, logdet, exact = numbers(n), numbers(n), numbers(n), numbers(1)
  local layers, step = ffi.new("int32_t[1]"), ffi.new("uint64_t[1]")
  check(library.isingrg_model_step(model, step))
  check(isingrg.reporting("flow", function(report)
    return library.isingrg_neuralrg_sample(model, n, 0, x, nil, log_q, report, nil)
  end))
  check(library.isingrg_neuralrg_log_density(size, coupling, x, n, log_pi, nil, nil))
  check(library.isingrg_neuralrg_layer_count(model, layers))
  check(library.isingrg_neuralrg_encode(model, x, n, 0, layers[0], z, logdet, nil, nil))
  check(library.isingrg_neuralrg_decode(model, z, n, 0, layers[0], back, logdet, nil, nil))
  local couplings = ffi.new("double[1]", coupling)
  check(library.isingrg_neuralrg_dual(size, couplings, 1, exact, nil, nil, nil, nil))

  printf("flow: L %d K %.17g step %d", size, coupling, tonumber(step[0]))
  for i = 0, 3 do printf("ln q: %.17g ln pi: %.17g", log_q[i], log_pi[i]) end
  local bound, largest = 0, 0
  for i = 0, n - 1 do bound = bound + (log_q[i] - log_pi[i]) end
  for i = 0, n * sites - 1 do largest = math.max(largest, math.abs(back[i] - x[i])) end
  printf("error of decode(encode(x)): %.17g", largest)
  printf("bound of -ln Z: %.17g exact %.17g", bound / n, -exact[0])
end

local path, steps = arg[1], tonumber(arg[2] or 5000)
if not path or arg[3] or not steps or steps < 1 or steps > 1e8 or steps % 1 ~= 0 then
  io.stderr:write("usage: luajit example.lua model.safetensors [steps]\n")
  os.exit(1)
end
local model, size, coupling = flow.load(path)
printf("library: %s %s", ffi.string(library.isingrg_version()),
  ffi.string(library.isingrg_instruction_set()))
monte_carlo()
train(steps)
evaluate(model, size, coupling)

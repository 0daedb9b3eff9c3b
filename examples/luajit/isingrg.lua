-- The library in LuaJIT: all of isingrg.h, statuses as errors, progress and Ctrl-C.

local ffi = require("ffi")

-- Compiled loops may not call functions of C that call back.
jit.off(true, true)

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local root = here .. "../../"

-- The header as LuaJIT reads it: without what is for the preprocessor and for C++.
local file = assert(io.open(root .. "Sources/CIsingRG/include/isingrg.h"))
local header = file:read("*a")
file:close()
local abi_version = tonumber(header:match("#define ISINGRG_ABI_VERSION (%d+)"))
header = header:gsub("#ifdef __cplusplus.-#endif", ""):gsub("#[^\n]*", "")
ffi.cdef((header:gsub("ISINGRG_API", "")))

local path = (os.getenv("ISINGRG_LIBRARY") or root .. "python/isingrg") .. "/libisingrg.so"
local library = ffi.load(path)
assert(library.isingrg_abi_version() == abi_version,
  "the library and isingrg.h are of different versions")

local isingrg = { library = library }

-- Raises the library's own words unless all is well.
function isingrg.check(status)
  if status ~= library.ISINGRG_OK then
    error(ffi.string(library.isingrg_last_error()), 0)
  end
end

-- A model from the function isingrg_<method>_create, freed with the last reference to it.
function isingrg.create(method, config)
  local model = ffi.new("isingrg_model *[1]")
  isingrg.check(library["isingrg_" .. method .. "_create"](config, model))
  return ffi.gc(model[0], library.isingrg_model_destroy)
end

-- Zeros: numbers of double precision.
function isingrg.numbers(count)
  return ffi.new("double[?]", count)
end

-- The interpreter answers Ctrl-C with an error, which must not cross the library. The signal is
-- kept back instead, and asked for.
ffi.cdef [[
typedef struct { unsigned long words[16]; } signal_set;
int sigemptyset(signal_set *);
int sigaddset(signal_set *, int);
int sigismember(const signal_set *, int);
int sigpending(signal_set *);
int sigprocmask(int how, const signal_set *, signal_set *);
]]
local SIGINT, SIG_BLOCK = 2, 0
local signals = ffi.new("signal_set")
ffi.C.sigemptyset(signals)
ffi.C.sigaddset(signals, SIGINT)
ffi.C.sigprocmask(SIG_BLOCK, signals, nil)

-- Calls a function with a progress function for the library, which calls that at most every 50 ms.
function isingrg.reporting(label, call)
  local report = ffi.cast("isingrg_progress", function(_, done, total)
    local part = 100 * tonumber(done) / tonumber(total)
    io.stderr:write(("\r%s %3.0f %%%s"):format(label, part, done == total and "\n" or ""))
    ffi.C.sigpending(signals)
    return ffi.C.sigismember(signals, SIGINT)
  end)
  local status = call(report)
  report:free()
  return status
end

return isingrg

-- As much of JSON as the header of a safetensors file needs: objects and arrays become tables,
-- null becomes nil, and large numbers keep all of their digits as unsigned integers of 64 bits.

local ffi = require("ffi")

ffi.cdef "unsigned long long strtoull(const char *text, char **end, int base);"

local value

-- What is between two brackets: item(position) returns the position behind it.
local function list(text, position, closing, item)
  position = text:find("%S", position + 1)
  if text:sub(position, position) == closing then return position + 1 end
  while true do
    position = text:find("%S", item(position))
    local separator = text:sub(position, position)
    if separator == closing then return position + 1 end
    assert(separator == ",", "a comma is missing")
    position = text:find("%S", position + 1)
  end
end

local function string(text, position)
  local stop = position
  repeat
    stop = assert(text:find('["\\]', stop + 1), "a string does not end")
    local escape = text:sub(stop, stop) == "\\"
    if escape then stop = stop + 1 end
  until not escape
  local content = text:sub(position + 1, stop - 1)
  assert(not content:find("\\u"), "nothing that is saved has other characters")
  return content:gsub("\\[bfnrt]", " "):gsub("\\(.)", "%1"), stop + 1
end

-- The value at a position, and the position behind it.
function value(text, position)
  position = assert(text:find("%S", position), "the text ends")
  local first, result = text:sub(position, position), {}
  if first == '"' then return string(text, position) end
  if first == "[" then
    return result, list(text, position, "]", function(at)
      local element, behind = value(text, at)
      result[#result + 1] = element
      return behind
    end)
  end
  if first == "{" then
    return result, list(text, position, "}", function(at)
      local key, colon = string(text, at)
      local member, behind = value(text, assert(text:match("^%s*:()", colon), "no colon"))
      result[key] = member
      return behind
    end)
  end
  local written, behind = text:match("^([%w+.-]+)()", position)
  assert(written, "no value")
  local constants = { ["true"] = true, ["false"] = false }
  if written == "null" then return nil, behind end
  if constants[written] ~= nil then return constants[written], behind end
  if written:match("^%d+$") and #written > 15 then
    return ffi.C.strtoull(written, nil, 10), behind
  end
  return assert(tonumber(written), "no number"), behind
end

return {
  parse = function(text) return (value(text, 1)) end,
}

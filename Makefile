# Every target makes what it needs: a virtual environment in .venv with the package, built from
# the Swift and C sources. Nothing has to be installed besides Swift 6, Python 3.11 with its
# headers, a C compiler and make.

PYTHON ?= python3
export ISINGRG_TARGET_CPU ?= native

BIN := .venv/bin
SOURCES := Package.swift setup.py pyproject.toml \
	$(shell find Sources -type f) $(wildcard python/isingrg/_extension/*)
# Without the check, a module that is imported but not declared in Package.swift is found or not
# found as the order of compilation has it.
SWIFT_TESTS := --configuration release --scratch-path .build/test \
	--explicit-target-dependency-import-check error \
	-Xswiftc -target-cpu -Xswiftc $(ISINGRG_TARGET_CPU)

.PHONY: run lint test soak mutants sanitize fuzz bench notebooks docs wheel clean

run: .venv/with-all
	$(BIN)/isingrg demo

# Style and types: the rules are in pyproject.toml and .swift-format. Nothing is changed.
lint: .venv/with-test
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	swift format lint --strict --recursive --parallel Package.swift Sources Tests soak

test: .venv/with-test
	swift build --build-tests $(SWIFT_TESTS)
	timeout 30m swift test --skip-build $(SWIFT_TESTS)
	$(BIN)/python -m pytest

# Hours: every campaign of soak/ in full. The tests run each with few trials.
soak: .venv/with-test
	$(BIN)/python soak/run.py

# A day: small wrong changes of the code, one at a time, and whether a test notices each. Part of
# soak. MUTANTS="--only Ising,isingrg.ising" tries those of some rooms, or some by their names.
mutants: .venv/with-test
	$(BIN)/python soak/mutants.py $(MUTANTS)

# Swift tests and the C driver with the address and the thread sanitizer, and the extension, under
# tests of its own, with checks of addresses and of undefined behaviour. Half an hour. Nothing is
# suppressed, but XCTest, which none of the tests uses, is left out: its runner leaks.
sanitize: sanitize-address sanitize-thread sanitize-undefined

# The thread sanitizer runs what starts threads; all else would take hours.
TESTS_thread := --filter 'Parallel|MonteCarloRun|Training|Observables|Reduction|Product|Sampling'
SANITIZED = --configuration release --scratch-path .build/$* --sanitize=$* \
	-Xswiftc -target-cpu -Xswiftc $(ISINGRG_TARGET_CPU)
HEADERS := Sources/CIsingRG/include

sanitize-address sanitize-thread: sanitize-%:
	swift build --build-tests $(SANITIZED)
	swift test --skip-build --disable-xctest $(SANITIZED) $(TESTS_$*)
	mkdir -p .build/$*/driver
	cd .build/$*/driver && clang -std=c11 -g -fsanitize=$* -I$(CURDIR)/$(HEADERS) \
		-c $(CURDIR)/python/tests/abi/driver/*.c
	swiftc -sanitize=$* .build/$*/driver/*.o -L.build/$*/release -lisingrg \
		-Xlinker -rpath -Xlinker $(CURDIR)/.build/$*/release -o .build/$*/driver/run
	.build/$*/driver/run

# Python frees little at its end, and the address sanitizer keeps what is freed: leaks are counted
# by soak/leaks.py.
PYTHON_HEADERS := "import sysconfig; print(sysconfig.get_path('include'))"
sanitize-undefined: .venv/with-test
	rm -rf .build/undefined
	mkdir -p .build/undefined
	cp -r python/isingrg .build/undefined
	gcc -std=c11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -shared -fPIC \
		-I$(HEADERS) -I$$($(BIN)/python -c $(PYTHON_HEADERS)) python/isingrg/_extension/*.c \
		-Lpython/isingrg -lisingrg -Wl,-rpath,'$$ORIGIN' -o .build/undefined/isingrg/_core.abi3.so
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so)" \
		ASAN_OPTIONS=detect_leaks=0 PYTHONPATH=.build/undefined $(BIN)/python -m pytest -s \
		-k "not leak" python/tests/unit/test_*core.py python/tests/unit/test_*bad_input.py

# An hour each: programs of C calls and model files, guided by coverage, and generated arguments of
# the Python API. What is found, and how to keep it, is said in fuzz/.
FUZZ_SECONDS ?= 3600
fuzz: .venv/with-test .venv/with-fuzz .build/fuzz/abi .build/fuzz/replay
	PYTHONPATH=soak $(BIN)/python fuzz/c_abi.py --seconds $(FUZZ_SECONDS)
	$(BIN)/python fuzz/files.py --seconds $(FUZZ_SECONDS)
	$(BIN)/python fuzz/python_api.py --seconds $(FUZZ_SECONDS)

# Swift names the kind of coverage that needs a sanitizer; libFuzzer reads counters beside the code.
FUZZ_FLAGS := -sanitize-coverage=edge,trace-cmp -Xllvm -sanitizer-coverage-inline-8bit-counters \
	-Xllvm -sanitizer-coverage-pc-table -target-cpu $(ISINGRG_TARGET_CPU)
.build/fuzz/abi: $(SOURCES) $(wildcard fuzz/*.c fuzz/*.h)
	swift build --configuration release --product isingrg --scratch-path .build/fuzz \
		--sanitize=address $(addprefix -Xswiftc ,$(FUZZ_FLAGS)) -Xcc -fsanitize=address,fuzzer-no-link
	clang -std=c11 -g -O1 -fsanitize=address,fuzzer $(filter-out fuzz/replay.c,$(wildcard fuzz/*.c)) \
		-I$(HEADERS) -L.build/fuzz/release -lisingrg -Wl,-rpath,$(CURDIR)/.build/fuzz/release \
		-fuse-ld=lld -o $@

.build/fuzz/replay: .venv/with-test $(wildcard fuzz/*.c fuzz/*.h)
	mkdir -p .build/fuzz
	$(CC) -std=c11 -g fuzz/*.c -I$(HEADERS) -Lpython/isingrg -lisingrg \
		-Wl,-rpath,$(CURDIR)/python/isingrg -o $@

bench: .venv/with-bench
	$(BIN)/python benchmarks/run.py

# Part of the tests as well. Runs copies in the fast mode of the notebooks and leaves them in
# .build/notebooks; the committed ones keep their outputs.
notebooks: .venv/with-test
	$(BIN)/python -m pytest python/tests/notebooks

# dist/ gets the sources and, made from them, a wheel for every x86-64 Linux: three libraries, of
# which the best is taken at import.
wheel: .venv/with-wheel
	rm -rf dist .build/wheel
	ISINGRG_TARGET_CPU=x86-64,haswell,skylake-avx512 $(BIN)/python -m build --outdir .build/wheel
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/auditwheel repair --wheel-dir dist .build/wheel/*.whl
	cp .build/wheel/*.tar.gz dist

# Pages in .build/docs/index.html. Notebooks are shown with their committed outputs.
docs: .venv/with-docs
	$(BIN)/sphinx-build -W --keep-going -q docs .build/docs

clean:
	rm -rf .build .venv build dist python/*.egg-info python/isingrg/*.so
	find python -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/pip:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'isingrg needs Python 3.11')"
	$(PYTHON) -m venv .venv || { echo "Install the venv module: apt install python3-venv"; exit 1; }

# The package with one of its extras; made again when a source that is compiled has changed.
.venv/with-%: .venv/bin/pip $(SOURCES)
	@echo "Building isingrg from source; the first time takes a few minutes"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

# PyTorch is one of the peers. A wheel at hand (PIP_FIND_LINKS), such as the one for the CPU, spares
# the download of gigabytes of CUDA; without one, pip takes what the index has.
.venv/with-bench: .venv/torch
.venv/torch: .venv/bin/pip
	-$(BIN)/pip install --quiet --disable-pip-version-check --no-index --no-deps torch
	@touch $@

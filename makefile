# trustncg: `make run` does the main job, `make check` runs all tests; both install what is missing.
#   make [all]          library build/lib/libtrustncg.so and driver build/bin/trustncg
#   make bench          measure trustncg beside its peers: build/bench/index.html and bench.csv
#   make bench-quick    the same on a few problems, in minutes
#   make install PREFIX=/where/to
#   make check-sanitize, make check-valgrind   the libcheck programs under what finds bad memory
#   make fuzz           the readers of files under libFuzzer, FUZZ_SECONDS=60 each
#   make lint           shellcheck, cppcheck and clang-tidy
#   make format         clang-format on every source
# PETSC=petsc64 BUILD=build64 builds against another pkg-config module; a PETSc of your own is found
# through PKG_CONFIG_PATH or PETSC_DIR (and PETSC_ARCH), and then nothing is installed.
PETSC  ?= petsc
BUILD  ?= build
PREFIX ?= /usr/local
CC      = mpicc
CFLAGS ?= -O3 -g
NP     ?= 2
ifdef PETSC_DIR
export PKG_CONFIG_PATH := $(PETSC_DIR)/$(PETSC_ARCH)/lib/pkgconfig:$(PETSC_DIR)/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

WARN     = -Wall -Wextra -Wshadow -Wno-unused-parameter -Werror=implicit-function-declaration
CPPFLAGS = -Iinclude -Isrc -Ibenchmarks -Ibenchmarks/problems $(shell pkg-config --cflags $(PETSC))
COMPILE  = $(CC) -std=c11 -fopenmp-simd -D_POSIX_C_SOURCE=200809L $(WARN) $(CPPFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden -MMD -MP
RPATH    = -Wl,-rpath,'$$ORIGIN/../lib'
LIBS     = $(shell pkg-config --libs $(PETSC)) -lm
PROBLIBS = -lz -ljpeg

LIB     = $(BUILD)/lib/libtrustncg.so
DRIVER  = $(BUILD)/bin/trustncg
CGBENCH = $(BUILD)/bin/cgbench
PEERS   = $(BUILD)/lib/libpeers.so
ROL     = $(BUILD)/bin/rol
TRILINOS = /usr/include/trilinos
OBJ     = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/*/*.c))
PROBOBJ = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard benchmarks/problems/*.c))
DRVOBJ  = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard benchmarks/driver/*.c))
CGBOBJ  = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard benchmarks/cgbench/*.c) benchmarks/driver/reductions.c)
HARNESS = $(patsubst %,$(BUILD)/obj/%.o,tests/harness tests/solve benchmarks/driver/reductions)
TESTS   = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

all: $(LIB) $(DRIVER) $(CGBENCH)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

$(LIB): $(OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libtrustncg.so $^ -o $@ $(LIBS)

$(DRIVER): $(DRVOBJ)
$(CGBENCH): $(CGBOBJ)
$(DRIVER) $(CGBENCH): $(PROBOBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(filter %.o,$^) -o $@ -L$(BUILD)/lib -ltrustncg $(RPATH) $(LIBS) $(PROBLIBS)

# The problems for solvers that know nothing of PETSc
$(PEERS): $(BUILD)/obj/benchmarks/peers/problems.o $(PROBOBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared $^ -o $@ $(LIBS) $(PROBLIBS)

# Trilinos ROL, one of them, where it is installed
$(ROL): benchmarks/peers/rol.cpp $(PEERS)
	@mkdir -p $(@D)
	-$(CXX) -std=c++17 -O2 -w -isystem $(TRILINOS) $< -o $@ -L$(BUILD)/lib -lpeers $(RPATH) \
	  $(patsubst %,-ltrilinos_%,rol teuchosparameterlist teuchosnumerics teuchoscore)

peers: $(PEERS) $(if $(and $(foreach h,ROL_Solver Teuchos_RCP Kokkos_Complex,$(wildcard $(TRILINOS)/$h.hpp))),$(ROL))

# The tests link the objects, not the library: they reach what the library hides.
$(BUILD)/tests/test_%: $(BUILD)/obj/tests/test_%.o $(HARNESS) $(PROBOBJ) $(OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $^ -o $@ $(LIBS) $(PROBLIBS) $(shell pkg-config --libs check)

tests: all $(TESTS)

deps:
	@BUILD=$(BUILD) PETSC=$(PETSC) scripts/install_deps $(FOR)

run: deps
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) NP=$(NP) scripts/run

check: FOR = check
check: deps
	@BUILD=$(BUILD) PETSC=$(PETSC) scripts/check

check-sanitize check-valgrind: FOR = check
check-sanitize check-valgrind: deps
	@BUILD=$(BUILD)-$(@:check-%=%) PETSC=$(PETSC) scripts/check $(@:check-%=%)

# FUZZ_SECONDS=60 for each reader of files
fuzz:
	@BUILD=$(BUILD) scripts/fuzz

lint:
	@PETSC=$(PETSC) scripts/lint

bench bench-quick: FOR = bench
bench bench-quick: deps
	@$(MAKE) --no-print-directory all peers
	@BUILD=$(BUILD) PETSC=$(PETSC) NP=$(NP) scripts/bench $(if $(filter bench-quick,$@),--quick)

install: all
	@BUILD=$(BUILD) PETSC=$(PETSC) scripts/install $(PREFIX)

format:
	clang-format -i $(shell git ls-files '*.[ch]')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all tests peers deps run check check-sanitize check-valgrind fuzz lint bench bench-quick install format clean
.SECONDARY:

# The tests: one program per file (unit, bench, fuzz), one ctest entry per thing that can fail.
# Included by the CMakeLists.txt above; every group is simply absent while it has no file.

# Criterion ends with 0 when a sanitizer spoke in a child, and when a filter left nothing to run.
set(fail_words "LeakSanitizer|AddressSanitizer|runtime error:|Tested: 0 ")

# program(NAME FILE...): a test program over all layers.
function(program name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE tptest tpcli tpdaemon m)
endfunction()

# entry(NAME SECONDS COMMAND...): one ctest entry.
function(entry name seconds)
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${seconds}
        FAIL_REGULAR_EXPRESSION "${fail_words}"
        ENVIRONMENT "TP_BUILD=${CMAKE_BINARY_DIR};TP_SOURCE=${CMAKE_SOURCE_DIR}")
endfunction()

# Generators, oracles and faults that several tests share.
sources(lib_sources tests/lib/*.c)
layer(tptest ${lib_sources})
target_link_libraries(tptest ${tptest_scope} tpdaemon)
if(FUZZ) # what makes the inputs is not what they are to reach
    target_compile_options(tptest PRIVATE -fno-sanitize=fuzzer-no-link)
endif()

# tests/fuzz: libFuzzer programs with FUZZ; else the inputs that once showed a fault are replayed.
sources(fuzz_sources tests/fuzz/fuzz_*.c)
add_custom_target(fuzz)
foreach(file ${fuzz_sources})
    get_filename_component(name ${file} NAME_WE)
    string(REPLACE "fuzz_" "" subject ${name})
    if(FUZZ)
        program(${name} ${file})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        program(${name} ${file} tests/fuzz/replay.c)
        sources(inputs tests/fuzz/${subject}/*)
        entry(fuzz/${subject} 120 ${name} ${inputs})
    endif()
    # libFuzzer calls LLVMFuzzerTestOneInput without a header that declares it.
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
    add_dependencies(fuzz ${name})
endforeach()
if(FUZZ)
    return()
endif()

# tests/unit: Criterion runs one job per core by itself; under ctest -j it gets one.
sources(unit_sources tests/unit/test_*.c)
foreach(file ${unit_sources})
    get_filename_component(name ${file} NAME_WE)
    string(REPLACE "test_" "" subject ${name})
    program(${name} ${file})
    target_link_libraries(${name} PRIVATE PkgConfig::criterion)
    target_compile_options(${name} PRIVATE -Wno-conversion) # Criterion's own macros trip it
    entry(unit/${subject} 300 ${name} -j1)
endforeach()

# tests/golden: traces that read as stories, each compared with what the engine says now.
sources(golden_sources tests/golden/*.c)
sources(traces tests/golden/*.trace)
if(golden_sources)
    program(golden ${golden_sources})
    foreach(trace ${traces})
        get_filename_component(subject ${trace} NAME_WE)
        entry(golden/${subject} 60 golden ${trace})
    endforeach()
endif()

# tests/sim: the seeded simulator; without arguments it does its short round.
sources(sim_sources tests/sim/*.c)
if(sim_sources)
    program(sim ${sim_sources})
    entry(sim 300 sim)
endif()

# tests/bench: figures mean something in a Release build on a quiet machine; never part of ctest.
sources(bench_sources tests/bench/bench_*.c)
add_custom_target(bench)
foreach(file ${bench_sources})
    get_filename_component(name ${file} NAME_WE)
    program(${name} ${file})
    add_dependencies(bench ${name})
endforeach()

# tests/integration: the real programs and real sockets. The system's Python has pyzmq and msgpack.
# They wait more than they work, so they begin first.
sources(integration_sources tests/integration/test_*.py)
foreach(file ${integration_sources})
    get_filename_component(name ${file} NAME_WE)
    string(REPLACE "test_" "" subject ${name})
    entry(integration/${subject} 900 /usr/bin/python3 -B ${file})
    set_tests_properties(integration/${subject} PROPERTIES COST 10)
endforeach()

# The style of the tree, the purity of the layers, headers that stand alone.
foreach(check tidy purity headers)
    if(EXISTS ${CMAKE_SOURCE_DIR}/tests/${check})
        entry(${check} 300 ${CMAKE_SOURCE_DIR}/tests/${check})
    endif()
endforeach()

# What takes longest begins before all others: what waits, and beside it what computes.
foreach(long integration/quickstart integration/standby integration/faults integration/record
        integration/delivery unit/ticket unit/durable unit/window_slot unit/deadline unit/cohort
        unit/visit unit/call sim purity)
    if(TEST ${long})
        set_tests_properties(${long} PROPERTIES COST 20)
    endif()
endforeach()

/* main() of a fuzz target in a build without libFuzzer: the empty input, then each file named. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);

/* For the targets that have a mutator of their own, which is not called here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max)
{
    (void)data;
    (void)max;
    return n;
}

/* libFuzzer's own default bound; a longer file is cut there. */
#define INPUT_MAX (1U << 20)

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        /* Exactly as long as the input, so that the sanitizer sees a read past its end. */
        uint8_t *whole = malloc(INPUT_MAX);
        size_t len = whole == NULL ? 0 : fread(whole, 1, INPUT_MAX, file);
        fclose(file);
        uint8_t *data = realloc(whole, len > 0 ? len : 1);
        if (data == NULL) {
            free(whole);
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        LLVMFuzzerTestOneInput(data, len);
        free(data);
    }
    printf("replayed %d inputs\n", argc);
    return EXIT_SUCCESS;
}

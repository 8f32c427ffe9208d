/* ticketpulse keygen: a new CURVE key pair, into a file that only its owner can read. */
#include "daemon/cli/command.h"
#include "daemon/curve.h"

#include <errno.h>
#include <stdio.h>

static const struct usage usage = {"keygen", "FILE", W_ABOUT_KEYGEN, NULL, 0};

int command_keygen(int argc, char **argv)
{
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_HELPED ? EXIT_FINE : EXIT_USAGE;
    if (operands != 1)
        return options_operands_wrong(&usage);
    struct curve_pair pair;
    if (!curve_make(&pair)) {
        word_error(W_E_SOCKET, "CURVE", strerror(errno), NULL);
        return EXIT_FAILED;
    }
    bool fine = curve_write(argv[0], &pair);
    int err = errno;
    curve_forget(&pair);
    if (!fine) {
        word_error(W_E_WRITE, argv[0], strerror(err), NULL);
        return EXIT_FAILED;
    }
    printf("%s\n", pair.public); /* alone, for scripts */
    return EXIT_FINE;
}

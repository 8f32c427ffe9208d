/* credential:NAME of the configuration. */
#include "daemon/credential.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(credential, a_name_in_the_managers_directory)
{
    char path[32] = "as it was";
    unsetenv("CREDENTIALS_DIRECTORY");
    cr_assert_not(credential_path("credential:key", path, sizeof path));
    setenv("CREDENTIALS_DIRECTORY", "/run/cred", 1);
    cr_assert(credential_path("credential:key", path, sizeof path));
    cr_assert_str_eq(path, "/run/cred/key");
    cr_assert_not(credential_path("credential:../key", path, sizeof path));
    cr_assert_not(credential_path("credential:", path, sizeof path));
    cr_assert_not(credential_path("credential:a_name_that_is_too_long_for_it", path, sizeof path));
    cr_assert(credential_is("credential:x"));
    cr_assert_not(credential_is("credential"));
    cr_assert_not(credential_is("/credential:x"));
}

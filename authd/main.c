/* SPDX-License-Identifier: MIT */
#include "authd/authd.h"

int main(int argc, char **argv)
{
    return service_run(&authd_program, argc, argv);
}

/* SPDX-License-Identifier: MIT */
#include "milter/daemon.h"

int main(int argc, char **argv)
{
    return service_run(&daemon_program, argc, argv);
}

/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * gatepost-milter, put together: the world from the settings, the transport that carries the
 * sessions into it. What the service skeleton runs.
 */

#include "lib/service/service.h"

extern const struct service_program daemon_program;

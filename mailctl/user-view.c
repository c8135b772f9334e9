/* SPDX-License-Identifier: MIT */
#include "mailctl/user-view.h"

#include "lib/store/user.h"
#include "mailctl/directory.h"
#include "mailctl/output.h"

json_t *user_view_json(const struct invocation *invocation, const void *item)
{
    const struct user *user = item;

    return json_pack("{s:o, s:o, s:I, s:b, s:b, s:o, s:b, s:o}", "address",
        output_json_text(user->address), "name", output_json_text(user->display_name),
        "quota_bytes", (json_int_t)user->quota_bytes, "quota_is_default", user->inherits_quota,
        "enabled", user->enabled, "protocols",
        output_json_text(protocols_text(user->protocols, invocation->arena)), "needs_app_password",
        user->needs_app_password, "created", directory_json_time(user->created));
}

/* SPDX-License-Identifier: MIT */
#include "lib/service/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INSTRUMENTED 1
#endif
#endif
#ifndef INSTRUMENTED
#define INSTRUMENTED 0
#endif

/* All three ids are the user's, and root cannot be had back. */
static bool has_stuck(const struct passwd *user)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;

    if (getresuid(&real, &effective, &saved) != 0 ||
        getresgid(&real_group, &effective_group, &saved_group) != 0)
        return false;
    if (real != user->pw_uid || effective != user->pw_uid || saved != user->pw_uid ||
        real_group != user->pw_gid || effective_group != user->pw_gid ||
        saved_group != user->pw_gid)
        return false;
    return user->pw_uid == 0 || (setuid(0) != 0 && setgid(0) != 0);
}

enum err privilege_drop(const char *name, struct failure *failure)
{
    struct passwd *user;

    if (geteuid() != 0)
        return ERR_NONE;
    errno = 0;
    user = getpwnam(name);
    if (user == NULL)
        return errno != 0 && errno != ENOENT
                   ? failure_set_errno(failure, ERR_IO, "user %s", name)
                   : failure_set(failure, ERR_ABSENT, "there is no user %s", name);
    if (initgroups(name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return failure_set_errno(failure, ERR_IO, "becoming user %s", name);
    if (!has_stuck(user))
        return failure_set(failure, ERR_IO, "becoming user %s did not take effect", name);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure_set_errno(failure, ERR_IO, "PR_SET_NO_NEW_PRIVS");
    /* The leak checker traces its own process, which the change of user has forbidden. */
    if (INSTRUMENTED && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        return failure_set_errno(failure, ERR_IO, "PR_SET_DUMPABLE");
    return ERR_NONE;
}

void privilege_hide_memory(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    if (!INSTRUMENTED)
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/authd/scene.h"

#include "lib/base/log.h"
#include "tests/unit/unit.h"

struct scene *scene_new(size_t workers, size_t queue)
{
    static const char *networks[] = {"203.0.113.0/24"};
    struct scene *scene = test_calloc(1, sizeof *scene);
    const struct pool_bounds bounds = {
        queue, queue, queue + 1}; /* one network may fill the queue */
    const struct verify_cost cost = {GROUND_MEMORY, GROUND_PASSES};

    log_open("test", LOG_TO_NOWHERE);
    ground_make(&scene->ground);
    scene->base = event_base_new();
    assert_int_equal(directory_open(scene->ground.folder, &scene->directory, NULL), ERR_NONE);
    assert_int_equal(pool_new(scene->base, workers, &bounds, &scene->pool, NULL), ERR_NONE);
    scene->verifier.directory = scene->directory;
    assert_int_equal(credential_writer_new(scene->ground.folder, &scene->writer, NULL), ERR_NONE);
    scene->verifier.pool = scene->pool;
    scene_open_sentry(scene, "");
    scene->verifier.writer = scene->writer;
    scene->proven = proven_new(100, SCENE_PROVEN_MS);
    scene->verifier.proven = scene->proven;
    scene->verifier.rule = (struct account_rule){"/mail/%d/%n", 5000, 5001};
    assert_int_equal(verifier_set_cost(&scene->verifier, &cost, NULL), ERR_NONE);
    proxies_set(&scene->proxies, &(struct config_list){networks, 1});
    scene->service = (struct login_service){
        .verifier = &scene->verifier, .list_uid = (uid_t)-1, .proxies = &scene->proxies};
    connection_group_init(&scene->group, scene->base, &login_session_handler, 10);
    peer_open(&scene->peer, scene->base);
    login_session_open(&scene->group, &scene->service, scene->peer.session_fd);
    return scene;
}

int scene_setup(void **state)
{
    *state = scene_new(2, 50);
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;

    connection_group_done(&scene->group);
    pool_free(&scene->pool);
    credential_writer_free(&scene->writer);
    proven_free(&scene->proven);
    sentry_free(&scene->verifier.sentry);
    proxies_done(&scene->proxies);
    directory_close(&scene->directory);
    peer_done(&scene->peer);
    event_base_free(scene->base);
    ground_remove(&scene->ground);
    test_free(scene);
    return 0;
}

void scene_open_sentry(struct scene *scene, const char *lines)
{
    struct settings *settings = NULL;
    struct buffer text = BUFFER_NONE;
    char path[128];
    struct failure failure;
    FILE *file;

    snprintf(path, sizeof path, "%s/guard.conf", scene->ground.folder);
    buffer_append_format(&text,
        "hostname = test.example\nstate_directory = \"%s\"\nguard {\n%s\n}\n", scene->ground.folder,
        lines);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(buffer_string(&text), file) >= 0);
    assert_int_equal(fclose(file), 0);
    buffer_done(&text);
    if (settings_load(path, &settings, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
    sentry_free(&scene->verifier.sentry);
    assert_int_equal(
        sentry_new(settings, scene->directory, &scene->verifier.sentry, NULL), ERR_NONE);
    settings_free(&settings);
}

void scene_greet(struct scene *scene)
{
    peer_send(&scene->peer, TEXT(HELLO));
    peer_await_end(&scene->peer, HELLO);
    peer_clear(&scene->peer);
}

void scene_await_pool(struct scene *scene)
{
    while (pool_outstanding(scene->pool) != 0)
        event_base_loop(scene->base, EVLOOP_ONCE);
}

/* SPDX-License-Identifier: MIT */
#include "policyd/instance.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"

struct instances {
    struct map *by_name;
    struct instance *newest, *oldest;
};

struct instances *instances_new(void)
{
    struct instances *instances = memory_alloc_zero(1, sizeof *instances);

    instances->by_name = map_new();
    return instances;
}

static void unlink_instance(struct instances *instances, struct instance *instance)
{
    if (instance->newer != NULL)
        instance->newer->older = instance->older;
    else
        instances->newest = instance->older;
    if (instance->older != NULL)
        instance->older->newer = instance->newer;
    else
        instances->oldest = instance->newer;
}

static void link_newest(struct instances *instances, struct instance *instance)
{
    instance->newer = NULL;
    instance->older = instances->newest;
    if (instances->newest != NULL)
        instances->newest->newer = instance;
    else
        instances->oldest = instance;
    instances->newest = instance;
}

static void instance_free(struct instance *instance)
{
    free((char *)(uintptr_t)instance->key.data);
    free(instance);
}

static void drop_oldest(struct instances *instances)
{
    struct instance *instance = instances->oldest;

    assert(instance != NULL);
    instances->oldest = instance->newer;
    if (instance->newer != NULL)
        instance->newer->older = NULL;
    else
        instances->newest = NULL;
    map_remove(instances->by_name, instance->key);
    instance_free(instance);
}

void instances_free(struct instances **instances)
{
    struct instance *instance, *newer;

    if (*instances == NULL)
        return;
    for (instance = (*instances)->oldest; instance != NULL; instance = newer) {
        newer = instance->newer;
        instance_free(instance);
    }
    map_free(&(*instances)->by_name);
    memory_free(instances);
}

static struct instance *add(struct instances *instances, struct text name)
{
    struct instance *instance = memory_alloc_zero(1, sizeof *instance);

    instance->key = text_from_bytes(memory_copy_bytes(name.data, name.len), name.len);
    map_put(instances->by_name, instance->key, instance);
    return instance;
}

struct instance *instances_get(struct instances *instances, struct text name, int64_t now_ms)
{
    struct instance *instance;

    while (instances->oldest != NULL && instances->oldest->last_ms + INSTANCE_LIFE_MS <= now_ms)
        drop_oldest(instances);
    instance = map_get(instances->by_name, name);
    if (instance != NULL) {
        unlink_instance(instances, instance);
    } else {
        if (map_count(instances->by_name) >= INSTANCES_MAX)
            drop_oldest(instances);
        instance = add(instances, name);
    }
    link_newest(instances, instance);
    instance->last_ms = now_ms;
    return instance;
}

size_t instances_count(const struct instances *instances)
{
    return map_count(instances->by_name);
}

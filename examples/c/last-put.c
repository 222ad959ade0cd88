// Whoever puts the last reference frees the object. The check and the decrement are two steps.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct object {
	atomic_int references;
	int value;
};

static void put(struct object *object)
{
	if (atomic_load(&object->references) == 1)
		free(object);
	else
		atomic_fetch_sub(&object->references, 1);
}

static void *user(void *argument)
{
	struct object *object = argument;

	put(object);
	return NULL;
}

int main(void)
{
	struct object *object = malloc(sizeof(*object));
	pthread_t threads[2];

	object->references = 2;
	object->value = 7;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, user, object);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

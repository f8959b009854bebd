/* bench-cstay: bench-stay in C. Says to the FIFO argv[1] that it runs, with the
 * time, and then does nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec t;
	char line[96];
	int fd, n;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (argc < 2 || (fd = open(argv[1], O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
		return 3;
	n = snprintf(line, sizeof line, "%d %lld up\n", (int)getpid(),
		     (long long)t.tv_sec * 1000000000 + t.tv_nsec);
	if (write(fd, line, n) != n)
		return 3;
	close(fd);
	for (;;)
		pause();
}

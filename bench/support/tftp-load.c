/*
 * Fetches one file over TFTP many times: CLIENTS at once, each from a port of its own, until TOTAL have come. In C, so that what is measured
 * is the server: a fetch costs this program a tenth of what it costs any of the servers.
 *
 *   tftp-load HOST PORT FILE BLKSIZE WINDOWSIZE CLIENTS TOTAL
 *
 * A BLKSIZE of 512 with a WINDOWSIZE of 1 asks without options. Prints seconds, bytes of all files, and datagrams that were waited for in vain.
 * Ends with 1 when a file was refused, or nothing came for ten seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum { REPEAT_MS = 500, MOST_REPEATS = 20 };

struct transfer {
  int socket;
  struct sockaddr_in server;
  int pinned;
  uint16_t have, confirmed;
  size_t blksize, windowsize;
  uint64_t bytes;
  int gap;
  double said;
  int repeats;
};

static struct sockaddr_in server;
static unsigned char request[512];
static size_t request_length;
static uint64_t all_bytes;
static long vain;

static void fail(const char *what, const char *more) {
  fprintf(stderr, "tftp-load: %s%s%s\n", what, *more ? ": " : "", more);
  exit(1);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static void word(const char *text) {
  size_t length = strlen(text) + 1;
  if (request_length + length > sizeof request) fail("the request is too long", "");
  memcpy(request + request_length, text, length);
  request_length += length;
}

static void say(struct transfer *t) {
  const unsigned char ack[4] = {0, ACK, t->have >> 8, t->have & 255};
  const void *bytes = t->pinned ? (const void *)ack : request;
  size_t length = t->pinned ? sizeof ack : request_length;
  if (sendto(t->socket, bytes, length, 0, (struct sockaddr *)&t->server, sizeof t->server) < 0) fail("send", strerror(errno));
  t->confirmed = t->have;
  t->said = now();
}

static void begin(struct transfer *t, int events) {
  memset(t, 0, sizeof *t);
  t->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (t->socket < 0) fail("socket", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = t};
  if (epoll_ctl(events, EPOLL_CTL_ADD, t->socket, &event) < 0) fail("epoll", strerror(errno));
  t->server = server;
  t->blksize = 512;
  t->windowsize = 1;
  say(t);
}

static void agreed(struct transfer *t, unsigned char *packet, size_t length) {
  packet[length] = 0;
  for (size_t at = 2; at < length;) {
    const char *name = (char *)packet + at;
    const char *value = name + strlen(name) + 1;
    if (!strcasecmp(name, "blksize")) t->blksize = atoi(value);
    if (!strcasecmp(name, "windowsize")) t->windowsize = atoi(value);
    at += strlen(name) + strlen(value) + 2;
  }
}

/* Whether the file is whole. */
static int take(struct transfer *t, unsigned char *packet, size_t length, const struct sockaddr_in *from) {
  if (length < 4) fail("a datagram is too short", "");
  if (!t->pinned) {
    t->pinned = 1;
    t->server = *from;
  } else if (from->sin_port != t->server.sin_port) return 0;
  t->repeats = 0;
  uint16_t block = packet[2] << 8 | packet[3];
  switch (packet[1]) {
    case ERROR:
      packet[length] = 0;
      fail("the server refuses", (char *)packet + 4);
      return 0;
    case OACK:
      if (t->bytes == 0 && t->have == 0) {
        agreed(t, packet, length);
        say(t);
      }
      return 0;
    case DATA: {
      if (block != (uint16_t)(t->have + 1)) {
        if (t->windowsize > 1 && t->gap != t->have + 1) {
          t->gap = t->have + 1;
          say(t);
        }
        return 0;
      }
      t->have = block;
      t->bytes += length - 4;
      int last = length - 4 < t->blksize;
      if (last || (uint16_t)(t->have - t->confirmed) >= t->windowsize) say(t);
      return last;
    }
  }
  return 0;
}

int main(int count, char **words) {
  if (count != 8) fail("usage: tftp-load HOST PORT FILE BLKSIZE WINDOWSIZE CLIENTS TOTAL", "");
  int clients = atoi(words[6]), total = atoi(words[7]);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
  if (!inet_aton(words[1], &server.sin_addr)) fail("not an address", words[1]);
  request[1] = RRQ;
  request_length = 2;
  word(words[3]);
  word("octet");
  if (strcmp(words[4], "512") || strcmp(words[5], "1")) {
    word("blksize");
    word(words[4]);
    if (strcmp(words[5], "1")) {
      word("windowsize");
      word(words[5]);
    }
  }

  int events = epoll_create1(0), running = 0, started = 0, whole = 0;
  struct transfer *transfers = calloc(clients, sizeof *transfers);
  if (events < 0 || !transfers) fail("out of resources", "");
  double began = now();
  while (running < clients && started < total) begin(&transfers[running++], events), started++;
  while (whole < total) {
    struct epoll_event ready[64];
    int n = epoll_wait(events, ready, 64, 100);
    for (int i = 0; i < n; i++) {
      struct transfer *t = ready[i].data.ptr;
      static unsigned char packet[65537];
      struct sockaddr_in from;
      socklen_t size = sizeof from;
      ssize_t length = recvfrom(t->socket, packet, sizeof packet - 1, 0, (struct sockaddr *)&from, &size);
      if (length < 0) continue;
      if (!take(t, packet, length, &from)) continue;
      all_bytes += t->bytes;
      whole++;
      close(t->socket);
      t->socket = -1;
      if (started < total) begin(t, events), started++;
    }
    double at = now();
    for (int i = 0; i < running && n < 64; i++) {
      struct transfer *t = &transfers[i];
      if (t->socket < 0 || at - t->said < REPEAT_MS / 1e3) continue;
      vain++;
      if (t->repeats++ == MOST_REPEATS) fail("the server fell silent", "");
      say(t);
    }
  }
  printf("%.6f %llu %ld\n", now() - began, (unsigned long long)all_bytes, vain);
  return 0;
}

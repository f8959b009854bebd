# syntax=docker/dockerfile:1

# The image holds one static binary and an empty root folder for it. Use it as
# it is, for programs that are static too, or take the binary from it:
#
#     docker build -t forever .
#     COPY --from=forever /forever /usr/local/bin/forever
#
# examples/node-app shows the second way.

# The compiler runs on the builder's own platform and compiles for the target's.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src

# The modules have a layer of their own: they change less often than the code.
COPY go.mod go.sum ./
COPY internal/md2man/go.mod internal/md2man/
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w" -o /out/forever .

# scratch has no mkdir: the folders are made here. forever refuses a root that
# is another user's or open to others.
RUN install -d -m 0700 -o 65532 -g 65532 /layout/run/forever && \
    install -d -m 1777 /layout/tmp/tmp

FROM scratch
COPY --from=build /out/forever /forever
COPY --from=build /layout/tmp/ /
COPY --from=build --chown=65532:65532 /layout/run/ /run/

# A number, since there is no /etc/passwd to look a name up in. Whoever runs the
# image as another user points FOREVER_ROOT to a folder of that user's.
USER 65532:65532
ENV FOREVER_ROOT=/run/forever
STOPSIGNAL SIGTERM
ENTRYPOINT ["/forever"]
CMD ["help"]

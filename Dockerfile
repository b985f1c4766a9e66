# ResortBite in an image: Debian's nginx with the module, and nothing that
# serving does not need.
#
#   scripts/docker              builds it where there is neither an engine nor
#                               an image registry (buildah, mmdebstrap)
#   docker build -t resortbite .
#
#   docker run -p 8080:8080 -v /etc/resortbite/secret:/etc/resortbite/secret:ro \
#       -v /etc/resortbite/keys:/etc/resortbite/keys:ro \
#       -v /etc/resortbite/nginx.conf:/etc/nginx/nginx.conf:ro resortbite
#
# /etc/nginx/nginx.conf in the image expects PostgreSQL at "postgres" and Redis
# at "redis"; mount your own to say otherwise (conf/production.conf).  The
# secret is 32 or more random bytes, the keys are made by scripts/keys; uid
# 10001 must be able to read both, mode 0600.

ARG BASE=debian:bookworm-slim


FROM ${BASE} AS build

WORKDIR /src
COPY config ./
COPY scripts ./scripts
COPY sql ./sql
COPY ngx_resortbite ./ngx_resortbite
COPY conf ./conf

RUN scripts/build

# what nginx and the module link to, and a busybox for the health check
RUN bash -eu -c '. scripts/lib.sh; need_packages busybox-static ca-certificates' \
 && scripts/docker --collect /image


FROM scratch

COPY --from=build /image /

USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGQUIT

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]

ENTRYPOINT ["/usr/sbin/nginx", "-e", "stderr"]
CMD ["-g", "daemon off;"]

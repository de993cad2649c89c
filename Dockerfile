# docker build -t offhook . && docker run -v offhook:/var/lib/offhook --network host offhook
FROM node:20-bookworm AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --no-progress
COPY . .
RUN make build && npm prune --omit=dev --no-save

FROM node:20-bookworm-slim
ENV NODE_ENV=production
# What unpacks firmware that is not zip or gzip.
RUN apt-get update && apt-get install -y --no-install-recommends bzip2 xz-utils libarchive-tools \
  && rm -rf /var/lib/apt/lists/*
# Ports 69 and 67 without root: the program may bind them, whoever runs it.
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin \
  && setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v node)")" \
  && apt-get purge -y libcap2-bin && apt-get autoremove -y && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 700 /var/lib/offhook
COPY --from=build /src/node_modules /opt/offhook/node_modules
COPY --from=build /src/dist /opt/offhook/dist
COPY --from=build /src/package.json /opt/offhook/
# For the hosts of DHCP servers: docker cp.
COPY --from=build /src/dhcp-config /opt/offhook/dhcp-config
RUN ln -s /opt/offhook/dist/server/main.js /usr/local/bin/offhook && chmod +x /opt/offhook/dist/server/main.js
USER node
VOLUME /var/lib/offhook
# Phones: HTTP, HTTPS, TFTP. The REST API listens on loopback only.
# DHCP (dhcp.mode) hears broadcasts in the network of the host only: --network host.
EXPOSE 8667/tcp 8668/tcp 69/udp 67/udp
ENTRYPOINT ["offhook"]
CMD ["serve"]

# One image for all services and the callbus command. What runs is the argument, apps/<app>/dist/main.js; without one it is
# the app that it was built for: docker build --build-arg APP=call-dispatcher .
ARG NODE=node:24.21.0-slim

FROM ${NODE} AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build

FROM ${NODE} AS production
ARG APP=gateway
WORKDIR /app
COPY --from=build /app/package.json /app/package-lock.json /app/.npmrc ./
COPY --from=build /app/libs libs
COPY --from=build /app/apps apps
# Nothing of what runs has an install script, and what is optional in it is the compiler. What only that and the tests read stays
# behind.
RUN npm ci --omit=dev --omit=optional --ignore-scripts \
  && rm -rf libs/*/src apps/*/src apps/*/fixtures libs/*/tsconfig* apps/*/tsconfig* \
  && echo "import './apps/${APP}/dist/main.js';" > main.js

FROM ${NODE}
LABEL org.opencontainers.image.title="callbus" \
  org.opencontainers.image.description="Microsoft Graph calls from commands on Kafka, and their history" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=production /app ./
USER 65532:65532
ENTRYPOINT ["node"]
CMD ["main.js"]

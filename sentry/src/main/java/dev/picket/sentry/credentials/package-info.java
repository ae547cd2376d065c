/** Who a task is, as far as permission checks go: {@link dev.picket.sentry.credentials.Credentials}. */
package dev.picket.sentry.credentials;

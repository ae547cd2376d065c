/** More processes in a running container. Lock order: a container, then its exec. */
package dev.picket.service.exec;

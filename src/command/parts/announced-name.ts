import type { Catalog } from '../../domain/catalog.ts'

/** The name under which a service announces itself in etcd. */
export const announcedName = (service: string, catalog: Catalog): string =>
  catalog.serviceConfig(service).announcedAs ?? service

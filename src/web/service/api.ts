/** The client of the page: of the service that it came from, with the key of the page. */
import { createClient } from '../../client.ts'
import { send, serviceAddress } from './connection.ts'

export const client = createClient(serviceAddress, { fetch: send })
